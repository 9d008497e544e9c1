/** Pressing, dragging and clicking on the photo while strokes are made. */
import type { Traced } from "../api/types";
import { addStroke, begun } from "../state/annotation";
import {
  addPoint,
  back,
  diameter,
  forbidden,
  hover,
  keep,
  keepBrush,
  keepForbidden,
  points,
  tool,
  traced,
  underway,
  way,
} from "../state/tool";
import { type Frame, type Point, toScreen } from "../viewer/frame";
import { lineOf } from "../viewer/stroke_layer";
import type { Overlay, Stage, Touch } from "../viewer/stage";
import type { Pointer } from "./pointing";

let painting = false;

/** What is being painted is no stroke: a second finger has come, or it is dropped. */
export function stopPainting(): void {
  if (!painting) return;
  painting = false;
  way.value = [];
  if (tool.value === "brush" || tool.value === "erase") points.value = [];
}

export const tracingPointer: Pointer = {
  touch(touch, stage) {
    if (!begun.value) return;
    switch (tool.value) {
      case "trace":
      case "polygon":
        clicked(touch, stage);
        break;
      case "brush":
      case "erase":
        painted(touch, points, () => void keepBrush());
        break;
      case "forbid":
        painted(touch, way, keepForbidden);
        break;
      case "remove":
        removed(touch, stage);
    }
  },
  move(point, _place, stage) {
    hover.value = begun.value && stage.isOnPhoto(point) ? point : null;
    if (tool.value === "remove") {
      stage.strokes.lit = stage.strokes.at(stage.frame(), point);
      stage.redraw();
    }
  },
};

function clicked(touch: Touch, stage: Stage): void {
  if (touch.kind === "click" && stage.isOnPhoto(touch.point)) addPoint(touch.point);
  if (touch.kind !== "double-click") return;
  // The second of the two clicks lies beside the first.
  const [before, end] = points.value.slice(-2);
  const reach = 8 / stage.frame().scale;
  if (before && end && Math.hypot(before[0] - end[0], before[1] - end[1]) < reach) back();
  void keep();
}

/** A line drawn by dragging; with Shift the photo is moved instead. */
function painted(touch: Touch, line: { value: Point[] }, done: () => void): void {
  if (touch.kind === "press" && !touch.shift) {
    painting = true;
    line.value = [touch.point];
  }
  if (!painting) return;
  if (touch.kind === "drag") {
    touch.hold();
    line.value = [...line.value, touch.point];
  }
  if (touch.kind === "drag-end") touch.hold();
  if (touch.kind === "release") {
    painting = false;
    done();
  }
}

function removed(touch: Touch, stage: Stage): void {
  if (touch.kind !== "click") return;
  const number = stage.strokes.at(stage.frame(), touch.point);
  stage.strokes.lit = null;
  if (number !== null) void addStroke({ kind: "remove", number });
}

/** What is not kept yet: clicks, the path and its edges, the brush. */
export const tracingOverlay: Overlay = (context, frame) => {
  context.save();
  context.lineCap = "round";
  context.lineJoin = "round";
  for (const each of underway.value) {
    if (each.traced) drawPath(context, frame, each.traced);
    else if (each.tool === "polygon") drawPolygon(context, frame, each.points);
  }
  if (traced.value) drawPath(context, frame, traced.value);
  drawForbidden(context, frame);
  if (tool.value === "polygon" && points.value.length) {
    drawPolygon(context, frame, hover.value ? [...points.value, hover.value] : points.value);
  }
  if (tool.value === "brush" || tool.value === "erase") drawBrush(context, frame);
  else drawClicks(context, frame);
  context.restore();
};

function onPhoto(
  context: CanvasRenderingContext2D,
  frame: Frame,
  draw: (px: number) => void,
): void {
  context.save();
  context.translate(frame.left, frame.top);
  context.scale(frame.scale, frame.scale);
  draw(1 / frame.scale);
  context.restore();
}

function drawPath(context: CanvasRenderingContext2D, frame: Frame, found: Traced): void {
  onPhoto(context, frame, (px) => {
    const area = [...found.left, ...[...found.right].reverse()] as Point[];
    context.fillStyle = "rgba(255, 211, 77, 0.35)";
    context.fill(lineOf(area, true));
    for (const [line, width, colour] of [
      [found.left, 1.2, "#ffd34d"],
      [found.right, 1.2, "#ffd34d"],
      [found.centre, 1.8, "#ffffff"],
    ] as const) {
      context.strokeStyle = colour;
      context.lineWidth = width * px;
      context.stroke(lineOf(line as Point[]));
    }
  });
}

function drawForbidden(context: CanvasRenderingContext2D, frame: Frame): void {
  onPhoto(context, frame, (px) => {
    for (const line of [...forbidden.value, way.value]) {
      context.strokeStyle = "rgba(255, 90, 80, 0.45)";
      context.lineWidth = 8;
      context.setLineDash([]);
      context.stroke(lineOf(line));
      context.strokeStyle = "#ffffff";
      context.lineWidth = 1.4 * px;
      context.setLineDash([5 * px, 4 * px]);
      context.stroke(lineOf(line));
    }
  });
}

function drawPolygon(context: CanvasRenderingContext2D, frame: Frame, corners: Point[]): void {
  onPhoto(context, frame, (px) => {
    context.fillStyle = "rgba(255, 211, 77, 0.25)";
    context.fill(lineOf(corners, true));
    context.strokeStyle = "#ffd34d";
    context.lineWidth = 1.6 * px;
    context.stroke(lineOf(corners, true));
  });
}

function drawBrush(context: CanvasRenderingContext2D, frame: Frame): void {
  const isErase = tool.value === "erase";
  if (points.value.length) {
    onPhoto(context, frame, () => {
      context.strokeStyle = isErase ? "rgba(255, 90, 80, 0.45)" : "rgba(255, 211, 77, 0.55)";
      context.lineWidth = diameter.value;
      context.stroke(lineOf(points.value));
    });
  }
  if (!hover.value) return;
  const [x, y] = toScreen(frame, hover.value);
  for (const [colour, width] of [
    ["#0b0f13", 3],
    [isErase ? "#ff8a80" : "#ffd34d", 1.5],
  ] as const) {
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.beginPath();
    context.arc(x, y, Math.max(1, (diameter.value / 2) * frame.scale), 0, 2 * Math.PI);
    context.stroke();
  }
}

function drawClicks(context: CanvasRenderingContext2D, frame: Frame): void {
  for (const point of points.value) {
    const [x, y] = toScreen(frame, point);
    context.beginPath();
    context.arc(x, y, 4.5, 0, 2 * Math.PI);
    context.fillStyle = "#ffd34d";
    context.strokeStyle = "#0b0f13";
    context.lineWidth = 1.5;
    context.fill();
    context.stroke();
  }
}
