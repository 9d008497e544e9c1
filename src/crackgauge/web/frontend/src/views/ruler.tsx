/** A bar whose length is known, in the corner of the photo. */
import { photo } from "../state/photos";
import { view } from "../state/place";
import { length, number } from "./words";

const LONGEST_CSS_PX = 140;

export function Ruler() {
  const zoom = view.value?.zoom;
  if (!zoom) return null;
  const mm = photo.value?.measured?.["mm_per_px"];
  const scale = typeof mm === "number" ? mm : null;
  const most = (LONGEST_CSS_PX / zoom) * (scale ?? 1);
  const unit = 10 ** Math.floor(Math.log10(most));
  const shown = [5, 2, 1].map((each) => each * unit).find((each) => each <= most) ?? unit;
  const width = (shown / (scale ?? 1)) * zoom;
  return (
    <div class="ruler" role="img" aria-label={`Scale bar: ${words(shown, scale)}`}>
      <span class="ruler-bar" style={{ width: `${width}px` }} />
      <span>{words(shown, scale)}</span>
      <span class="muted">{Math.round(100 * zoom)} %</span>
    </div>
  );
}

function words(value: number, scale: number | null): string {
  return scale === null ? `${number(value)} px` : length(value);
}
