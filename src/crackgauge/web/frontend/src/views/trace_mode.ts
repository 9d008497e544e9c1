/** The mode in which strokes are made: its keys, what it loads and draws, and how it is left. */
import { effect, untracked } from "@preact/signals";
import {
  annotation,
  annotationOf,
  begun,
  giveUp,
  isUntouched,
  loadAnnotation,
  measureStrokes,
  redo,
  undo,
} from "../state/annotation";
import { tell, tellUnloaded } from "../state/notices";
import { photoId, tracing } from "../state/place";
import { letterKeys } from "../state/theme";
import {
  back,
  diameter,
  drop,
  forbidden,
  hover,
  isWhole,
  keep,
  LETTERS,
  points,
  polarity,
  preview,
  take,
  TOOLS,
  traced,
  underway,
  useProbability,
  way,
} from "../state/tool";
import type { Stage } from "../viewer/stage";
import { modes } from "./keys";
import { choosing, pointer } from "./pointing";
import { stopPainting, tracingOverlay, tracingPointer } from "./trace_pointer";
import { endMeasuring, measuring } from "./two_points";

modes.push({
  take(event) {
    if (!tracing.value) return false;
    if (event.ctrlKey || event.metaKey) {
      const key = event.key.toLowerCase();
      if (key === "z" && !event.shiftKey && points.value.length) back();
      else if (key === "z") void (event.shiftKey ? redo() : undo());
      else if (key === "y") void redo();
      else return false;
      return true;
    }
    if (event.target instanceof HTMLButtonElement && event.key === "Enter") return false;
    if (event.key === "Enter") void keep();
    else if (event.key === "Backspace") back();
    else if (event.key === "Escape" && (points.value.length || forbidden.value.length)) {
      stopPainting();
      drop();
    } else return begun.value && letterKeys.value === "on" && takeByLetter(event.key);
    return true;
  },
});

function takeByLetter(key: string): boolean {
  const wanted = TOOLS.find((each) => LETTERS[each] === key.toLowerCase());
  if (wanted) take(wanted);
  return wanted !== undefined;
}

/** Load the strokes while the mode is on, draw them, and measure when it is left. */
export function keepTracing(made: Stage): () => void {
  let at: string | null = null;
  const stops = [
    effect(() => {
      const id = tracing.value ? photoId.value : null;
      if (id === at) return;
      const before = at;
      if (before) untracked(() => leave(before));
      at = id;
      drop();
      pointer.value = id ? tracingPointer : choosing;
      if (!id) {
        made.overlays.delete(tracingOverlay);
        return;
      }
      if (measuring.peek()) endMeasuring();
      pointer.value = tracingPointer;
      made.overlays.add(tracingOverlay);
      void loadAnnotation(id).catch(tellUnloaded);
    }),
    effect(() => {
      const own = tracing.value && annotationOf.value === photoId.value;
      made.strokes.set(own ? (annotation.value?.strokes ?? []) : []);
      made.strokes.show = own;
      made.redraw();
    }),
    effect(() => {
      // Whatever the path hangs on is named here, so that a change of it asks anew.
      void [points.value, hover.value, forbidden.value, polarity.value, useProbability.value];
      if (tracing.value) void preview();
    }),
    effect(() => {
      void [points.value, hover.value, traced.value, forbidden.value, way.value, diameter.value];
      void [underway.value];
      if (tracing.value) made.redraw();
    }),
    keepFingers(made),
  ];
  return () => stops.forEach((stop) => stop());
}

function leave(id: string): void {
  if (annotationOf.value === id && isUntouched.value && !isWhole.value) {
    void giveUp().then((isDone) => {
      if (isDone) tell("done", "nothing was drawn: what the model found stays");
    });
    return;
  }
  // A path that is whole is work: only Escape drops it.
  if (annotationOf.value === id) void keep();
  void measureStrokes(id);
}

/** Two fingers move the photo, and a pointer that has left it points nowhere. */
function keepFingers(made: Stage): () => void {
  const left = () => {
    hover.value = null;
    if (made.strokes.lit === null) return;
    made.strokes.lit = null;
    made.redraw();
  };
  made.viewer.addHandler("canvas-pinch", stopPainting);
  made.viewer.canvas.addEventListener("pointerleave", left);
  return () => {
    made.viewer.removeHandler("canvas-pinch", stopPainting);
    made.viewer.canvas.removeEventListener("pointerleave", left);
  };
}
