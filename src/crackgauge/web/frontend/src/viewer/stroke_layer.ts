/** Draws strokes in their order: what is erased clears what lies under it. */
import type { Stroke } from "../api/types";
import type { Frame, Point } from "./frame";
import { toSegment } from "./line_layer";
import type { Surface } from "./surface";

const FILL = "rgba(38, 198, 255, 0.5)";
const CENTRE = "#e9faff";
const LIT = "#ffd34d";
const REACH_CSS_PX = 8;

interface Drawn {
  stroke: Stroke;
  area: Path2D | null;
  line: Path2D;
  points: Point[];
}

export class StrokeLayer {
  private drawn: Drawn[] = [];
  show = false;
  /** Number of the stroke that would be taken out. */
  lit: number | null = null;

  constructor(private readonly surface: Surface) {}

  set(strokes: Stroke[]): void {
    const known = new Map(this.drawn.map((each) => [each.stroke.number, each]));
    this.drawn = strokes.map((stroke) => {
      const before = known.get(stroke.number);
      const same = before && JSON.stringify(before.stroke) === JSON.stringify(stroke);
      return same ? before : drawnOf(stroke);
    });
  }

  draw(frame: Frame): void {
    if (!this.show) {
      this.surface.clear(frame);
      return;
    }
    const context = this.surface.begin(frame);
    context.translate(frame.left, frame.top);
    context.scale(frame.scale, frame.scale);
    context.lineCap = "round";
    context.lineJoin = "round";
    for (const each of this.drawn) drawOne(context, each, 1 / frame.scale, this.lit);
  }

  /** Number of the topmost stroke at a place of the photo, null for none. */
  at(frame: Frame, [x, y]: Point): number | null {
    const reach = REACH_CSS_PX / frame.scale;
    for (const { stroke, area, points } of [...this.drawn].reverse()) {
      if (stroke.kind === "erase") continue;
      if (area && this.surface.isWithin(area, x, y)) return stroke.number;
      const near = Math.max(reach, (stroke.diameter_px ?? 0) / 2);
      for (let at = 0; at < points.length; at++) {
        const [x0, y0] = points[Math.max(at - 1, 0)]!;
        const [x1, y1] = points[at]!;
        if (toSegment(x, y, x0, y0, x1, y1) <= near) return stroke.number;
      }
    }
    return null;
  }
}

function drawOne(
  context: CanvasRenderingContext2D,
  { stroke, area, line }: Drawn,
  px: number,
  lit: number | null,
): void {
  const isLit = stroke.number === lit;
  const isErase = stroke.kind === "erase";
  context.globalCompositeOperation = isErase ? "destination-out" : "source-over";
  context.fillStyle = isErase ? "#000" : isLit ? LIT : FILL;
  context.strokeStyle = context.fillStyle;
  if (area) context.fill(area);
  else {
    context.lineWidth = stroke.diameter_px ?? px;
    context.stroke(line);
  }
  if (isErase) return;
  if (stroke.kind === "trace" || stroke.kind === "polygon") {
    context.strokeStyle = isLit ? LIT : CENTRE;
    context.lineWidth = 1.4 * px;
    context.stroke(line);
  }
}

function drawnOf(stroke: Stroke): Drawn {
  const points = (stroke.centre ?? stroke.points) as Point[];
  const closed = stroke.kind === "polygon";
  return { stroke, area: areaOf(stroke), line: lineOf(points, closed), points };
}

function areaOf(stroke: Stroke): Path2D | null {
  if (stroke.kind === "polygon") return lineOf(stroke.points as Point[], true);
  if (!stroke.left?.length || !stroke.right?.length) return null;
  return lineOf([...stroke.left, ...[...stroke.right].reverse()] as Point[], true);
}

export function lineOf(points: Point[], closed = false): Path2D {
  const path = new Path2D();
  points.forEach(([x, y], at) => (at ? path.lineTo(x, y) : path.moveTo(x, y)));
  if (points.length === 1) path.lineTo(points[0]![0], points[0]![1]);
  if (closed) path.closePath();
  return path;
}
