/** The stage that is on the page, for buttons and keys beside it. */
import { signal } from "@preact/signals";
import type { Crack } from "../api/types";
import { measure, stepCrack } from "../state/cracks";
import { crackNumber } from "../state/place";
import { type Point, toScreen } from "../viewer/frame";
import type { Stage } from "../viewer/stage";

export const stage = signal<Stage | null>(null);

export function zoomToCrack(crack: Crack): void {
  crackNumber.value = crack.number;
  stage
    .peek()
    ?.lookAt(
      measure(crack, "bbox_left_px"),
      measure(crack, "bbox_top_px"),
      measure(crack, "bbox_right_px"),
      measure(crack, "bbox_bottom_px"),
    );
}

/** Go to the next crack of the table, or the one before, and bring it in sight. */
export function goToCrack(by: 1 | -1): void {
  const crack = stepCrack(by);
  const made = stage.peek();
  if (!crack || !made?.isOpen) return;
  const frame = made.frame();
  const corner = (x: string, y: string): Point =>
    toScreen(frame, [measure(crack, `bbox_${x}_px`), measure(crack, `bbox_${y}_px`)]);
  const [left, top] = corner("left", "top");
  const [right, bottom] = corner("right", "bottom");
  const isSeen = right > 0 && bottom > 0 && left < frame.width && top < frame.height;
  if (!isSeen) zoomToCrack(crack);
}

/** Where a button goes away with its bar, the photo is what the keys are for next. */
export function focusOnPhoto(): void {
  stage.peek()?.viewer.element.closest<HTMLElement>(".stage")?.focus();
}
