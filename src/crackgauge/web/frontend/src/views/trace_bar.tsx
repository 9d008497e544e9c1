/** The tools over the photo while its cracks are corrected by hand. */
import type { Photo, Traced } from "../api/types";
import {
  annotation,
  annotationOf,
  beginAnnotation,
  giveUp,
  redo,
  sending,
  undo,
} from "../state/annotation";
import { photo } from "../state/photos";
import { tracing } from "../state/place";
import {
  back,
  diameter,
  drop,
  isWhole,
  keep,
  LETTERS,
  looking,
  points,
  polarity,
  take,
  type Tool,
  tool,
  TOOLS,
  traced,
  trouble,
  underway,
  useProbability,
} from "../state/tool";
import { Icon, type IconName } from "./icons";
import { focusOnPhoto } from "./stage_access";
import { length, number, plural } from "./words";

const WORDS: Record<Tool, [string, string]> = {
  trace: ["Trace", "Click along a crack; Enter or a double click keeps the path"],
  forbid: ["Forbid", "Draw a line that the path keeps away from"],
  brush: ["Brush", "Paint crack by dragging; Shift or two fingers move the photo"],
  erase: ["Erase", "Clear by dragging; Shift or two fingers move the photo"],
  polygon: ["Area", "Click the corners; Enter or a double click closes it"],
  remove: ["Remove", "Click a stroke to take it out"],
};

export function TraceBar({ photo: of }: { photo: Photo }) {
  const now = annotationOf.value === of.id ? annotation.value : null;
  if (!now) return <div class="tool-bar">Loading the strokes …</div>;
  return now.state === "none" ? <Begin photo={of} /> : <Tools />;
}

function Begin({ photo: of }: { photo: Photo }) {
  return (
    <div class="tool-bar" role="toolbar" aria-label="Begin to correct">
      <span>Correct this photo by hand, from</span>
      {of.measured && (
        <button
          type="button"
          class="main"
          disabled={sending.value}
          onClick={() => begin("prediction")}
        >
          what was found
        </button>
      )}
      <button
        type="button"
        class={of.measured ? "quiet" : "main"}
        disabled={sending.value}
        onClick={() => begin("nothing")}
      >
        nothing
      </button>
      <Leave words="Cancel" />
    </div>
  );
}

function begin(start: "prediction" | "nothing"): void {
  void beginAnnotation(start);
  focusOnPhoto();
}

function Tools() {
  const now = annotation.value!;
  const isBrush = tool.value === "brush" || tool.value === "erase";
  const isPath = tool.value === "trace" || tool.value === "forbid";
  return (
    <div class="tool-bar strokes" role="toolbar" aria-label="Strokes">
      <div class="segments">
        {TOOLS.map((each) => (
          <button
            key={each}
            type="button"
            aria-pressed={tool.value === each}
            title={`${WORDS[each][1]} (${LETTERS[each].toUpperCase()})`}
            onClick={() => take(each)}
          >
            {WORDS[each][0]}
          </button>
        ))}
      </div>
      <span class="push row">
        <span class="muted count-of">{plural(now.strokes.length, "stroke")}</span>
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
        <div class="words">
          <Said />
        </div>
      </div>
    </div>
  );
}

function BrushOptions() {
  return (
    <label class="slider options">
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
  if (underway.value.length) return <span class="muted said">Being kept …</span>;
  const unkept = points.value.length > 0 && tool.value !== "brush" && tool.value !== "erase";
  return (
    <>
      {path ? (
        <b class="said" title={sizeOf(path)}>
          {sizeOf(path)}
        </b>
      ) : (
        looking.value && <span class="muted said">Looking for the path …</span>
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
        <span class="muted said" title={WORDS[tool.value][1]}>
          {WORDS[tool.value][1]}.
        </span>
      )}
    </>
  );
}

/** The width has its unit where it is another than that of the length. */
function sizeOf(path: Traced): string {
  const mm = photo.value?.measured?.["mm_per_px"];
  const words = (px: number) => (typeof mm === "number" ? length(px * mm) : `${number(px)} px`);
  const [long, wide] = [words(path.length_px), words(path.mean_width_px)];
  const [size, unit] = wide.split(" ");
  return `${long} long, ${long.endsWith(` ${unit}`) ? size : wide} wide`;
}

function PathOptions() {
  return (
    <div class="row options">
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
    </div>
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
      onClick={() => {
        tracing.value = false;
        focusOnPhoto();
      }}
    >
      {words}
    </button>
  );
}
