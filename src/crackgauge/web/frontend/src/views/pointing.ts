/** What a press, a click or a move on the photo means in the mode that is on. */
import { signal } from "@preact/signals";
import { cracks, pointedAt } from "../state/cracks";
import { crackNumber } from "../state/place";
import type { Point } from "../viewer/frame";
import type { Stage, Touch } from "../viewer/stage";
import { zoomToCrack } from "./stage_access";

export interface Pointer {
  touch(touch: Touch, stage: Stage): void;
  move(point: Point, place: Point, stage: Stage): void;
}

/** Without a mode: a crack lights up under the pointer, a click chooses it. */
export const choosing: Pointer = {
  touch(touch, stage) {
    if (touch.kind !== "click" && touch.kind !== "double-click") return;
    const number = stage.lines.at(stage.frame(), touch.place);
    crackNumber.value = number;
    if (touch.kind !== "double-click") return;
    const crack = cracks.value.find((each) => each.number === number);
    if (crack) zoomToCrack(crack);
    else stage.zoomBy(2);
  },
  move(_point, place, stage) {
    const number = stage.lines.at(stage.frame(), place);
    pointedAt.value = number;
    stage.viewer.canvas.classList.toggle("on-crack", number !== null);
  },
};

export const pointer = signal<Pointer>(choosing);
