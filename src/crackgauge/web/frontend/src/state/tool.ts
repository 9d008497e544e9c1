/** The tool in the hand while strokes are made, and the stroke that is not kept yet. */
import { computed, signal } from "@preact/signals";
import { Refusal, send } from "../api/client";
import type { Traced, TraceWanted } from "../api/types";
import type { Point } from "../viewer/frame";
import { addStroke } from "./annotation";
import { photoId } from "./place";

export const TOOLS = ["trace", "forbid", "brush", "erase", "polygon", "remove"] as const;
export type Tool = (typeof TOOLS)[number];

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
export const trouble = signal("");

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

let asking = false;
let asked: TraceWanted | null = null;

/** Ask for the path of now, one question at a time, the newest next. */
export async function preview(): Promise<void> {
  const question = wanted.value;
  if (!question) {
    traced.value = null;
    asked = null;
    return;
  }
  if (asking || question === asked) return;
  asking = true;
  asked = question;
  try {
    const found = await send<Traced>("POST", `/api/images/${photoId.value}/trace`, question);
    if (points.value.length) {
      traced.value = found.centre.length ? found : null;
      trouble.value = "";
    }
  } catch (error) {
    trouble.value = error instanceof Refusal ? error.message : String(error);
    // Busy with the question before: the next move of the pointer asks again.
    if (error instanceof Refusal && error.status === 503) trouble.value = "";
  } finally {
    asking = false;
  }
  if (wanted.value !== question) void preview();
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

/** Keep the stroke. */
export async function keep(): Promise<void> {
  if (!isWhole.value) return;
  const own = points.value;
  const stroke =
    tool.value === "polygon"
      ? ({ kind: "polygon", points: own } as const)
      : ({
          kind: "trace",
          points: own,
          forbid: forbidden.value,
          polarity: polarity.value,
          use_probability: useProbability.value,
        } as const);
  if (await addStroke(stroke)) {
    if (points.value === own) drop();
  }
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
