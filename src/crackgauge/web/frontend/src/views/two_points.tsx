/** Two clicks on the photo, and the length between them in millimetres. */
import { computed, effect, signal } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";
import { photo } from "../state/photos";
import { photoId, tracing } from "../state/place";
import { changeProject } from "../state/project";
import type { Point } from "../viewer/frame";
import { toScreen } from "../viewer/frame";
import type { Overlay } from "../viewer/stage";
import { modes } from "./keys";
import { choosing, type Pointer, pointer } from "./pointing";
import { keepScale } from "./scale_dialog";
import { stage } from "./stage_access";
import { number } from "./words";

const points = signal<Point[]>([]);
const hover = signal<Point | null>(null);
export const measuring = signal(false);
const distance = computed(() => {
  const [a, b] = points.value;
  return a && b ? Math.hypot(a[0] - b[0], a[1] - b[1]) : 0;
});

const clicking: Pointer = {
  touch(touch, stage) {
    if (touch.kind !== "click" || !stage.isOnPhoto(touch.point)) return;
    const point: Point = [round(touch.point[0]), round(touch.point[1])];
    if (points.value.length < 2) points.value = [...points.value, point];
    else {
      // A further click moves the nearer end.
      const far = (at: 0 | 1) =>
        Math.hypot(points.value[at]![0] - point[0], points.value[at]![1] - point[1]);
      points.value = far(0) < far(1) ? [point, points.value[1]!] : [points.value[0]!, point];
    }
  },
  move(point) {
    hover.value = point;
  },
};

const round = (value: number) => Math.round(value * 100) / 100;

const drawing: Overlay = (context, frame) => {
  const shown = [...points.value];
  if (shown.length === 1 && hover.value) shown.push(hover.value);
  const ends = shown.map((point) => toScreen(frame, point));
  for (const [colour, width] of [
    ["#0b0f13", 4],
    ["#ffffff", 2],
  ] as const) {
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.beginPath();
    ends.forEach(([x, y], at) => (at ? context.lineTo(x, y) : context.moveTo(x, y)));
    for (const [x, y] of ends) {
      context.moveTo(x + 7, y);
      context.arc(x, y, 7, 0, 2 * Math.PI);
      context.moveTo(x - 12, y);
      context.lineTo(x - 3, y);
      context.moveTo(x + 3, y);
      context.lineTo(x + 12, y);
    }
    context.stroke();
  }
};

modes.push({
  take(event) {
    if (!measuring.value || event.key !== "Escape") return false;
    endMeasuring();
    return true;
  },
});

export function beginMeasuring(): void {
  tracing.value = false;
  points.value = [];
  measuring.value = true;
  pointer.value = clicking;
  stage.value?.overlays.add(drawing);
  stage.value?.redraw();
}

export function endMeasuring(): void {
  measuring.value = false;
  if (pointer.value === clicking) pointer.value = choosing;
  stage.value?.overlays.delete(drawing);
  stage.value?.redraw();
}

effect(() => {
  points.value;
  hover.value;
  if (measuring.value) stage.value?.redraw();
});

let of: string | null = null;
effect(() => {
  const id = photoId.value;
  if (id !== of && measuring.peek()) endMeasuring();
  of = id;
});

/** The bar over the photo while the points are chosen. */
export function TwoPoints() {
  const [mm, setMm] = useState("");
  const [forAll, setForAll] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  // With both ends chosen, the length is what comes next: letters are no commands then.
  const isMeasured = distance.value > 0;
  useEffect(() => field.current?.focus(), [isMeasured]);
  const length = Number(mm.replace(",", "."));
  const ready = distance.value > 0 && Number.isFinite(length) && length > 0;
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const [a, b] = points.value;
    const id = photo.value?.id;
    if (!ready || !a || !b || !id) return;
    const done = forAll
      ? await changeProject({ mm_per_px: length / distance.value })
      : await keepScale(id, { points_px: [a[0], a[1], b[0], b[1]], points_mm: length });
    if (done) endMeasuring();
  };
  return (
    <form
      class="tool-bar"
      aria-label="Scale by two points"
      onSubmit={(event) => void submit(event)}
      onKeyDown={(event) => event.key === "Escape" && endMeasuring()}
    >
      <span>
        {distance.value ? (
          <>
            <b>{number(distance.value, 4)} px</b> are
          </>
        ) : (
          "Click the two ends of a length that you know."
        )}
      </span>
      {distance.value > 0 && (
        <>
          <input
            id="points-mm"
            class="short"
            type="text"
            inputMode="decimal"
            aria-label="Length between the points in mm"
            ref={field}
            value={mm}
            onInput={(event) => setMm(event.currentTarget.value)}
          />
          mm
          <label class="check">
            <input
              type="checkbox"
              checked={forAll}
              onChange={(event) => setForAll(event.currentTarget.checked)}
            />
            for all photos
          </label>
          <button type="submit" class="main" disabled={!ready}>
            Use it
          </button>
        </>
      )}
      <button type="button" class="quiet" onClick={endMeasuring}>
        Cancel
      </button>
    </form>
  );
}
