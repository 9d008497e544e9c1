/** What is drawn over the photo, and how. */
import { signal } from "@preact/signals";
import { photo } from "../state/photos";
import { LAYERS, type Layer, layers, showMask, toggleLayer } from "../state/place";
import {
  applyThreshold,
  isMoved,
  resetThreshold,
  setThreshold,
  threshold,
} from "../state/threshold";

/** Of the layers, in per cent. */
export const opacity = signal(75);

const WORDS: Record<Layer, string> = {
  probability: "Probability",
  mask: "Mask",
  lines: "Lines",
  widths: "Widths",
};

export function LayerBar() {
  return (
    <div class="layer-bar" role="toolbar" aria-label="Layers">
      <div class="segments">
        {LAYERS.map((layer, at) => (
          <button
            key={layer}
            type="button"
            aria-pressed={layers.value.has(layer)}
            title={`${WORDS[layer]} (${at + 1})`}
            onClick={() => toggleLayer(layer)}
          >
            {WORDS[layer]}
          </button>
        ))}
      </div>
      <div class="sliders">
        <label class="slider">
          <span>Opacity</span>
          <input
            type="range"
            min="10"
            max="100"
            step="5"
            value={opacity.value}
            aria-valuetext={`${opacity.value} per cent`}
            onInput={(event) => (opacity.value = event.currentTarget.valueAsNumber)}
          />
        </label>
        <label class="slider long">
          <span>Threshold</span>
          <input
            id="threshold"
            type="range"
            min="0.01"
            max="0.99"
            step="0.01"
            value={threshold.value}
            onInput={(event) => {
              showMask();
              setThreshold(event.currentTarget.valueAsNumber);
            }}
          />
          <output for="threshold">{threshold.value.toFixed(2)}</output>
        </label>
      </div>
    </div>
  );
}

/** A threshold that was moved: what it would change is measured when it is asked for. */
export function Apply() {
  if (!isMoved.value) return null;
  return (
    <div class="apply" role="group" aria-label="What was moved">
      <span>
        Threshold <b>{threshold.value.toFixed(2)}</b>
      </span>
      {photo.value?.corrected && <span class="muted">this one keeps its strokes</span>}
      <button type="button" class="main" onClick={() => void applyThreshold()}>
        Measure all photos with it
      </button>
      <button type="button" class="quiet" onClick={resetThreshold}>
        Reset
      </button>
    </div>
  );
}
