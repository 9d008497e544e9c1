/** The tool in the hand while strokes are made, and the stroke that is not kept yet. */
import { batch, computed, signal } from "@preact/signals";
import { Refusal, send } from "../api/client";
import type { Traced, TraceWanted } from "../api/types";
import type { Point } from "../viewer/frame";
import { addStroke, annotationOf } from "./annotation";
import { photoId, tracing } from "./place";

export const TOOLS = ["trace", "forbid", "brush", "erase", "polygon", "remove"] as const;
export type Tool = (typeof TOOLS)[number];
/** Keys that take them. */
export const LETTERS: Record<Tool, string> = {
  trace: "p",
  forbid: "n",
  brush: "b",
  erase: "e",
  polygon: "g",
  remove: "x",
};

export const tool = signal<Tool>("trace");
export const polarity = signal<"dark" | "bright">("dark");
export const useProbability = signal(true);
export const diameter = signal(12);

/** Clicks of a trace or a polygon, or the way of a brush. */
export const points = signal<Point[]>([]);
/** Lines that the path keeps away from. */
export const forbidden = signal<Point[][]>([]);
/** Where the pointer is, in px of the photo. */
export const hover = signal<Point | null>(null);
/** The path as the server sees it. */
export const traced = signal<Traced | null>(null);
/** The server is asked for a path. */
export const looking = signal(false);
export const trouble = signal("");

/** A stroke that is on its way to the server. */
interface Underway {
  tool: Tool;
  points: Point[];
  forbidden: Point[][];
  traced: Traced | null;
}
export const underway = signal<readonly Underway[]>([]);

const MOST_POINTS = 500;
/** Between two clicks: a path needs two pixels. */
const LEAST_PX = 3;

/** What would be traced now, from the clicks and the pointer. */
const wanted = computed<TraceWanted | null>(() => {
  if (tool.value !== "trace" && tool.value !== "forbid") return null;
  if (!points.value.length) return null;
  const ahead = tool.value === "trace" && hover.value ? [hover.value] : [];
  if (ahead[0] && apart(points.value.at(-1)!, ahead[0]) < LEAST_PX) ahead.pop();
  return {
    kind: "trace",
    points: [...points.value, ...ahead],
    forbid: forbidden.value,
    polarity: polarity.value,
    use_probability: useProbability.value,
  };
});

function apart(a: Point, b: Point): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1]);
}

const AGAIN_MS = 400;
let asked: TraceWanted | null = null;
/** Goes up with every stroke that is begun: what is answered of one before is not shown. */
let begun = 0;

/** Ask for the path of now, one question at a time, the newest next. */
export async function preview(): Promise<void> {
  const question = wanted.value;
  if (!question) {
    traced.value = null;
    trouble.value = "";
    asked = null;
    return;
  }
  if (looking.peek() || question === asked) return;
  looking.value = true;
  asked = question;
  const mine = begun;
  try {
    const found = await send<Traced>("POST", `/api/images/${photoId.value}/trace`, question);
    if (mine === begun) {
      traced.value = found.centre.length ? found : null;
      trouble.value = "";
    }
  } catch (error) {
    const isBusy = error instanceof Refusal && error.status === 503;
    if (isBusy) window.setTimeout(askAgain, AGAIN_MS);
    else if (mine === begun) trouble.value = error instanceof Error ? error.message : String(error);
  } finally {
    looking.value = false;
  }
  if (wanted.value !== question) void preview();
}

function askAgain(): void {
  if (looking.peek()) return;
  asked = null;
  void preview();
}

export function take(next: Tool): void {
  // The path goes on while lines are drawn that it keeps away from.
  const isPath = (each: Tool) => each === "trace" || each === "forbid";
  if (!(isPath(tool.value) && isPath(next))) drop();
  tool.value = next;
}

export function addPoint(point: Point): void {
  const end = points.value.at(-1);
  if (end && apart(end, point) < LEAST_PX) return;
  if (points.value.length < MOST_POINTS) points.value = [...points.value, point];
}

/** Forget what is not kept. */
export function drop(): void {
  begun += 1;
  points.value = [];
  forbidden.value = [];
  traced.value = null;
  trouble.value = "";
}

/** Take the last click back. */
export function back(): void {
  points.value = points.value.slice(0, -1);
  if (!points.value.length) drop();
}

/** Whether there is enough of a stroke to be kept. */
export const isWhole = computed(() => {
  if (tool.value === "polygon") return points.value.length > 2;
  return (tool.value === "trace" || tool.value === "forbid") && points.value.length > 1;
});

/** Keep the stroke. What is clicked from now on begins the next one. */
export async function keep(): Promise<void> {
  if (!isWhole.value) return;
  const mine: Underway = {
    tool: tool.value,
    points: points.value,
    forbidden: forbidden.value,
    traced: traced.value,
  };
  const stroke =
    mine.tool === "polygon"
      ? ({ kind: "polygon", points: mine.points } as const)
      : ({
          kind: "trace",
          points: mine.points,
          forbid: mine.forbidden,
          polarity: polarity.value,
          use_probability: useProbability.value,
        } as const);
  const id = annotationOf.value;
  drop();
  underway.value = [...underway.value, mine];
  const isKept = await addStroke(stroke);
  underway.value = underway.value.filter((each) => each !== mine);
  const isFree = tracing.value && photoId.value === id && !points.value.length;
  if (isKept || !isFree) return;
  // Back into the hand, to be changed or kept again.
  tool.value = mine.tool;
  batch(() => {
    points.value = mine.points;
    forbidden.value = mine.forbidden;
  });
}

/** Keep the way of the brush, with no more points than the server takes. */
export async function keepBrush(): Promise<void> {
  const own = thinned(points.value);
  const kind = tool.value;
  points.value = [];
  if (!own.length || (kind !== "brush" && kind !== "erase")) return;
  await addStroke({ kind, points: own, diameter_px: diameter.value });
}

/** Keep a line that the path is to avoid. */
export function keepForbidden(): void {
  const own = thinned(way.value);
  way.value = [];
  if (own.length > 1) forbidden.value = [...forbidden.value, own];
}

/** The line that is being drawn and that the path is to avoid. */
export const way = signal<Point[]>([]);

function thinned(line: Point[]): Point[] {
  const every = Math.max(1, Math.ceil(line.length / MOST_POINTS));
  return line.filter((_, at) => at % every === 0 || at === line.length - 1);
}
