/** The stage that is on the page, for buttons and keys beside it. */
import { signal } from "@preact/signals";
import type { Crack } from "../api/types";
import { measure } from "../state/cracks";
import { crackNumber } from "../state/place";
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
