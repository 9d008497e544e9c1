/** The photo that is open, with its layers. */
import { effect, signal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import { get, Refusal } from "../api/client";
import type { JobNews, Photo, Zoom } from "../api/types";
import { cracks, cracksOf, lines, loadCracks, pointedAt } from "../state/cracks";
import { pictureIsShown } from "../state/first_picture";
import { jobs, prepared } from "../state/jobs";
import { tellUnloaded } from "../state/notices";
import { photo } from "../state/photos";
import { crackNumber, layers, photoId, tracing, view } from "../state/place";
import { classes, connection } from "../state/project";
import { threshold } from "../state/threshold";
import { heat, maskFrom } from "../viewer/colours";
import "../viewer/quiet";
import { Stage } from "../viewer/stage";
import { Icon } from "./icons";
import { Apply, LayerBar, opacity } from "./layer_bar";
import { pointer } from "./pointing";
import { Ruler } from "./ruler";
import { stage } from "./stage_access";
import { TraceBar } from "./trace_bar";
import { keepTracing } from "./trace_mode";
import { measuring, TwoPoints } from "./two_points";
import { PHOTO_STATE, sentence } from "./words";

const HEAT = heat();
const BUSY_MS = 1000;
const trouble = signal("");

export function Viewer() {
  const element = useRef<HTMLDivElement>(null);
  // Before the first picture of the screen: the photo is asked for as soon as can be.
  useLayoutEffect(() => {
    const made = new Stage(element.current!);
    stage.value = made;
    made.onView = (seen) => (view.value = seen);
    made.onShown = pictureIsShown;
    made.onTouch = (touch) => pointer.value.touch(touch, made);
    made.onMove = (point, place) => pointer.value.move(point, place, made);
    const stops = [
      keepOpen(made),
      keepSharp(made),
      keepProbability(made),
      keepLines(made),
      keepPalette(made),
      keepTracing(made),
    ];
    // The stage around it has the focus, and shows that it has.
    made.viewer.canvas.tabIndex = -1;
    const left = () => (pointedAt.value = null);
    made.viewer.canvas.addEventListener("pointerleave", left);
    return () => {
      stops.forEach((stop) => stop());
      stage.value = null;
      made.destroy();
    };
  }, []);
  const now = photo.value;
  return (
    <main class="viewer" aria-label={now ? `Photo ${now.name}` : "Photo"}>
      <LayerBar />
      {measuring.value && <TwoPoints />}
      {tracing.value && now && <TraceBar photo={now} />}
      <div
        class={`stage${tracing.value ? " drawing" : ""}`}
        ref={element}
        data-photo={zoomOf.value?.id}
        tabIndex={0}
        role="application"
        aria-label="The photo; arrow keys move it, plus and minus zoom"
        onKeyDown={moveByKey}
      />
      <div class="zoom" role="group" aria-label="Zoom">
        <ZoomButton icon="add" words="Zoom in (+)" run={() => stage.value?.zoomBy(1.5)} />
        <ZoomButton icon="minus" words="Zoom out (−)" run={() => stage.value?.zoomBy(1 / 1.5)} />
        <ZoomButton icon="fit" words="Whole photo (F)" run={() => stage.value?.whole()} />
      </div>
      <Apply />
      <Ruler />
      {now && <Hindrance photo={now} />}
    </main>
  );
}

function ZoomButton(props: { icon: "add" | "minus" | "fit"; words: string; run: () => void }) {
  return (
    <button type="button" aria-label={props.words} title={props.words} onClick={props.run}>
      <Icon name={props.icon} />
    </button>
  );
}

function Hindrance({ photo: now }: { photo: Photo }) {
  const words =
    now.state === "set-aside" || now.state === "missing"
      ? sentence(`${PHOTO_STATE[now.state]}: ${now.sentence}`)
      : sentence(trouble.value);
  return words ? (
    <p class="hindrance" role="status">
      <Icon name="warning" />
      {words}
    </p>
  ) : null;
}

const ARROWS: Record<string, [number, number]> = {
  ArrowLeft: [-80, 0],
  ArrowRight: [80, 0],
  ArrowUp: [0, -80],
  ArrowDown: [0, 80],
};

function moveByKey(event: KeyboardEvent): void {
  const by = ARROWS[event.key];
  if (!by || event.ctrlKey || event.altKey) return;
  event.preventDefault();
  stage.value?.panBy(...by);
}

/** Size of the photo that is open. */
export const zoomOf = signal<{ id: string; zoom: Zoom } | null>(null);

/** Open the photo of the address. */
function keepOpen(made: Stage): () => void {
  let abort = new AbortController();
  let seen: Photo | null = null;
  const load = async (id: string) => {
    abort.abort();
    const mine = (abort = new AbortController());
    trouble.value = "";
    zoomOf.value = null;
    const wanted = view.peek();
    made.close();
    try {
      const zoom = await get<Zoom>(`/api/images/${id}/tiles`, mine.signal);
      if (mine.signal.aborted) return;
      made.open(id, zoom, wanted);
      zoomOf.value = { id, zoom };
    } catch (error) {
      if (mine.signal.aborted) return;
      if (error instanceof Refusal && error.status === 503) {
        window.setTimeout(() => void (mine.signal.aborted || load(id)), BUSY_MS);
        return;
      }
      trouble.value = error instanceof Error ? error.message : String(error);
    }
  };
  const stops = [
    effect(() => {
      const id = photoId.value;
      if (id) void load(id);
    }),
    effect(() => {
      // Its file was replaced, or what hindered it is over.
      const now = photo.value;
      const before = seen;
      seen = now;
      if (!now || now.id !== before?.id) return;
      const isOver = trouble.peek() && now.state !== before.state;
      if (isOver || now.bytes !== before.bytes) void load(now.id);
    }),
    effect(() => {
      // The server is back: what did not load is asked for again.
      if (connection.value === "there" && trouble.peek() && photoId.peek()) {
        void load(photoId.peek()!);
      }
    }),
  ];
  return () => {
    abort.abort();
    stops.forEach((stop) => stop());
  };
}

/** A large photo is drawn roughly while its small copy is being made. */
function keepSharp(made: Stage): () => void {
  return effect(() => {
    const id = photoId.value;
    const isMine = (job: JobNews) => job.kind === "coarse" && job.image === id;
    if (!id || connection.value !== "there") return;
    if (prepared.value.has(id)) made.sharpen(true);
    else if ([...jobs.value.values()].some(isMine)) made.sharpen(false);
  });
}

/** Load what was found in the photo, and again when it was searched or measured anew. */
function keepProbability(made: Stage): () => void {
  let measured = "";
  let searched = "";
  return effect(() => {
    const now = photo.value;
    const open = zoomOf.value;
    const isSearched = now?.measured != null;
    const stamp = JSON.stringify([now?.id, now?.measured, now?.state]);
    if (now && stamp !== measured) {
      measured = stamp;
      void loadCracks(now.id, isSearched).catch(tellUnloaded);
    }
    const tiles = JSON.stringify([open?.id, now?.id, isSearched, now?.outdated]);
    if (open && now && open.id === now.id && tiles !== searched) {
      searched = tiles;
      made.setProbability(now.id, isSearched ? open.zoom : null);
    }
  });
}

function keepLines(made: Stage): () => void {
  const stops = [
    effect(() => {
      const own = cracksOf.value === photoId.value;
      made.lines.set(own ? cracks.value : [], own ? lines.value : [], classes.value.length);
      made.redraw();
    }),
    effect(() => {
      made.lines.selected = crackNumber.value;
      made.lines.pointedAt = pointedAt.value;
      made.lines.show = layers.value.has("widths")
        ? "widths"
        : layers.value.has("lines")
          ? "lines"
          : null;
      if (tracing.value) made.lines.hide();
      made.redraw();
    }),
  ];
  return () => stops.forEach((stop) => stop());
}

function keepPalette(made: Stage): () => void {
  const stops = [
    effect(() => {
      made.probability.palette = layers.value.has("mask")
        ? maskFrom(threshold.value)
        : layers.value.has("probability")
          ? HEAT
          : null;
      made.redraw();
    }),
    effect(() => made.setOpacity(opacity.value / 100)),
  ];
  return () => stops.forEach((stop) => stop());
}
