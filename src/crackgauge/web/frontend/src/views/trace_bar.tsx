/** The tools over the photo while its cracks are corrected by hand. */
import { effect } from "@preact/signals";
import type { Photo } from "../api/types";
import {
  annotation,
  annotationOf,
  beginAnnotation,
  giveUp,
  loadAnnotation,
  measureStrokes,
  redo,
  sending,
  undo,
} from "../state/annotation";
import { tellUnloaded } from "../state/notices";
import { photoId, tracing } from "../state/place";
import {
  back,
  diameter,
  drop,
  forbidden,
  hover,
  isWhole,
  keep,
  points,
  polarity,
  preview,
  take,
  type Tool,
  tool,
  TOOLS,
  traced,
  trouble,
  useProbability,
  way,
} from "../state/tool";
import type { Stage } from "../viewer/stage";
import { endMeasuring, measuring } from "./two_points";
import { Icon, type IconName } from "./icons";
import { modes } from "./keys";
import { choosing, pointer } from "./pointing";
import { tracingOverlay, tracingPointer } from "./trace_pointer";
import { number, plural } from "./words";

const WORDS: Record<Tool, [string, string]> = {
  trace: ["Trace", "Click along a crack; Enter or a double click keeps the path"],
  forbid: ["Forbid", "Draw a line that the path keeps away from"],
  brush: ["Brush", "Paint crack by dragging; Shift moves the photo"],
  erase: ["Erase", "Clear by dragging; Shift moves the photo"],
  polygon: ["Area", "Click the corners; Enter or a double click closes it"],
  remove: ["Remove", "Click a stroke to take it out"],
};

export function TraceBar({ photo }: { photo: Photo }) {
  const now = annotationOf.value === photo.id ? annotation.value : null;
  if (!now) return <div class="tool-bar">Loading the strokes …</div>;
  return now.state === "none" ? <Begin photo={photo} /> : <Tools />;
}

function Begin({ photo }: { photo: Photo }) {
  return (
    <div class="tool-bar" role="toolbar" aria-label="Begin to correct">
      <span>Correct this photo by hand, from</span>
      {photo.measured && (
        <button
          type="button"
          class="main"
          disabled={sending.value}
          onClick={() => void beginAnnotation("prediction")}
        >
          what was found
        </button>
      )}
      <button
        type="button"
        class={photo.measured ? "quiet" : "main"}
        disabled={sending.value}
        onClick={() => void beginAnnotation("nothing")}
      >
        nothing
      </button>
      <Leave words="Cancel" />
    </div>
  );
}

function Tools() {
  const now = annotation.value!;
  const isBrush = tool.value === "brush" || tool.value === "erase";
  const isPath = tool.value === "trace" || tool.value === "forbid";
  return (
    <div class="tool-bar" role="toolbar" aria-label="Strokes">
      <div class="segments">
        {TOOLS.map((each) => (
          <button
            key={each}
            type="button"
            aria-pressed={tool.value === each}
            title={WORDS[each][1]}
            onClick={() => take(each)}
          >
            {WORDS[each][0]}
          </button>
        ))}
      </div>
      <span class="push row">
        <Does icon="undo" words="Undo (Ctrl Z)" run={() => void undo()} off={!now.can_undo} />
        <Does icon="redo" words="Redo (Ctrl Shift Z)" run={() => void redo()} off={!now.can_redo} />
        <Does
          icon="bin"
          words="Back to what the model found"
          run={() => {
            const question = "Drop all strokes of this photo, and go back to what the model found?";
            if (window.confirm(question)) void giveUp();
          }}
        />
        <Leave words="Done" />
      </span>
      <div class="tool-words">
        {isPath && <PathOptions />}
        {isBrush && <BrushOptions />}
        <Said />
      </div>
    </div>
  );
}

function BrushOptions() {
  return (
    <label class="slider">
      <span>Width</span>
      <input
        type="range"
        min="1"
        max="80"
        value={diameter.value}
        onInput={(event) => (diameter.value = event.currentTarget.valueAsNumber)}
      />
      <output>{diameter.value} px</output>
    </label>
  );
}

function Said() {
  if (trouble.value) {
    return (
      <span class="refused said" role="alert" title={trouble.value}>
        {trouble.value}
      </span>
    );
  }
  const path = traced.value;
  const unkept = points.value.length > 0 && tool.value !== "brush" && tool.value !== "erase";
  return (
    <>
      {path && (
        <b class="said">
          {number(path.length_px)} px long, {number(path.mean_width_px)} wide
        </b>
      )}
      {unkept ? (
        <>
          <button
            type="button"
            class="main small"
            disabled={!isWhole.value}
            onClick={() => void keep()}
          >
            Keep
          </button>
          <button type="button" class="quiet small" onClick={back}>
            Back
          </button>
          <button type="button" class="quiet small" onClick={drop}>
            Drop
          </button>
        </>
      ) : (
        <span class="muted said">
          {WORDS[tool.value][1]}. {plural(annotation.value?.strokes.length ?? 0, "stroke")}.
        </span>
      )}
    </>
  );
}

function PathOptions() {
  return (
    <>
      <div class="segments" role="group" aria-label="The crack is">
        {(["dark", "bright"] as const).map((each) => (
          <button
            key={each}
            type="button"
            aria-pressed={polarity.value === each}
            title={`The crack is ${each === "dark" ? "darker" : "brighter"} than its surroundings`}
            onClick={() => (polarity.value = each)}
          >
            {each === "dark" ? "Dark" : "Bright"}
          </button>
        ))}
      </div>
      <label class="check" title="Follow what the model found as well as the photo itself">
        <input
          type="checkbox"
          checked={useProbability.value}
          onChange={(event) => (useProbability.value = event.currentTarget.checked)}
        />
        with the model
      </label>
    </>
  );
}

function Does(props: { icon: IconName; words: string; run: () => void; off?: boolean }) {
  return (
    <button
      type="button"
      class="bare"
      aria-label={props.words}
      title={props.words}
      disabled={props.off || sending.value}
      onClick={props.run}
    >
      <Icon name={props.icon} />
    </button>
  );
}

function Leave({ words }: { words: string }) {
  return (
    <button
      type="button"
      class={words === "Done" ? "main" : "quiet"}
      title={`${words} (T)`}
      onClick={() => (tracing.value = false)}
    >
      {words}
    </button>
  );
}

modes.push({
  take(event) {
    if (!tracing.value) return false;
    if (event.ctrlKey || event.metaKey) {
      const key = event.key.toLowerCase();
      if (key === "z") void (event.shiftKey ? redo() : undo());
      else if (key === "y") void redo();
      else return false;
      return true;
    }
    if (event.target instanceof HTMLButtonElement && event.key === "Enter") return false;
    if (event.key === "Enter") void keep();
    else if (event.key === "Backspace") back();
    else if (event.key === "Escape" && (points.value.length || forbidden.value.length)) drop();
    else return false;
    return true;
  },
});

/** Load the strokes while the mode is on, draw them, and measure when it is left. */
export function keepTracing(made: Stage): () => void {
  let at: string | null = null;
  const stops = [
    effect(() => {
      const id = tracing.value ? photoId.value : null;
      if (id === at) return;
      if (at) void measureStrokes(at);
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
      if (tracing.value) made.redraw();
    }),
  ];
  return () => stops.forEach((stop) => stop());
}
