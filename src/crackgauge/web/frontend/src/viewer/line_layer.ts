/** Draws centre lines or true widths of the cracks, and finds the one under the pointer. */
import type { Crack, Line } from "../api/types";
import { measure } from "../state/cracks";
import { colourOf, REJECTED, SELECTED } from "./colours";
import { type Frame, type Point, toPhoto } from "./frame";

const REACH_CSS_PX = 10;

interface Drawn {
  number: number;
  centre: Path2D;
  widths: Path2D;
  box: [number, number, number, number];
  lines: Line[];
  colour: string;
  rejected: boolean;
}

export class LineLayer {
  private drawn: Drawn[] = [];
  show: "lines" | "widths" | null = "lines";
  selected: number | null = null;
  pointedAt: number | null = null;

  /** Take the cracks of a photo. */
  set(cracks: Crack[], lines: Line[], classCount: number): void {
    const byCrack = new Map<number, Line[]>();
    for (const line of lines) {
      const of = byCrack.get(line.crack);
      if (of) of.push(line);
      else byCrack.set(line.crack, [line]);
    }
    this.drawn = cracks.map((crack) => {
      const own = byCrack.get(crack.number) ?? [];
      return {
        number: crack.number,
        centre: centreOf(own),
        widths: widthsOf(own),
        box: boxOf(own),
        lines: own,
        colour: colourOf(measure(crack, "severity_rank"), classCount),
        rejected: crack.decision === "rejected",
      };
    });
  }

  /** Draw nothing: strokes are drawn instead. */
  hide(): void {
    this.show = null;
    this.selected = null;
    this.pointedAt = null;
  }

  get isEmpty(): boolean {
    return !this.drawn.length || (!this.show && this.selected === null && this.pointedAt === null);
  }

  draw(context: CanvasRenderingContext2D, frame: Frame): void {
    const lit = [this.pointedAt, this.selected];
    context.save();
    context.translate(frame.left, frame.top);
    context.scale(frame.scale, frame.scale);
    context.lineJoin = "round";
    context.lineCap = "round";
    const [left, top] = toPhoto(frame, [0, 0]);
    const [right, bottom] = toPhoto(frame, [frame.width, frame.height]);
    const seen = this.drawn.filter(
      ({ box }) => box[0] <= right && box[2] >= left && box[1] <= bottom && box[3] >= top,
    );
    if (this.show) {
      for (const each of seen) if (!lit.includes(each.number)) this.drawOne(context, frame, each);
    }
    // The crack that is chosen is seen with every layer switched off, too.
    for (const number of lit) {
      const each = seen.find((other) => other.number === number);
      if (each) this.drawLit(context, frame, each);
    }
    context.restore();
  }

  private drawOne(context: CanvasRenderingContext2D, frame: Frame, each: Drawn): void {
    const px = 1 / frame.scale;
    context.setLineDash(each.rejected ? [4 * px, 4 * px] : []);
    if (this.show === "widths" && !each.rejected) {
      context.fillStyle = each.colour;
      context.fill(each.widths);
      return;
    }
    context.strokeStyle = "rgba(10, 14, 18, 0.55)";
    context.lineWidth = (each.rejected ? 2.5 : 4) * px;
    context.stroke(each.centre);
    context.strokeStyle = each.rejected ? REJECTED : each.colour;
    context.lineWidth = (each.rejected ? 1.2 : 2) * px;
    context.stroke(each.centre);
  }

  private drawLit(context: CanvasRenderingContext2D, frame: Frame, each: Drawn): void {
    const px = 1 / frame.scale;
    context.setLineDash([]);
    context.strokeStyle = "rgba(10, 14, 18, 0.8)";
    context.lineWidth = 7.5 * px;
    context.stroke(each.centre);
    context.strokeStyle = SELECTED;
    context.lineWidth = 5 * px;
    context.stroke(each.centre);
    context.strokeStyle = each.rejected ? "#5d6872" : each.colour;
    context.lineWidth = 2.2 * px;
    if (each.rejected) context.setLineDash([5 * px, 4 * px]);
    context.stroke(each.centre);
    if (this.show === "widths") {
      context.fillStyle = each.colour;
      context.fill(each.widths);
    }
  }

  /** Number of the crack at a place of the stage, null for none. */
  at(frame: Frame, place: Point): number | null {
    const [x, y] = toPhoto(frame, place);
    const reach = REACH_CSS_PX / frame.scale;
    let nearest = reach;
    let found: number | null = null;
    for (const { box, lines, number } of this.drawn) {
      if (x < box[0] - reach || x > box[2] + reach) continue;
      if (y < box[1] - reach || y > box[3] + reach) continue;
      for (const line of lines) {
        for (let at = 0; at < line.points.length; at++) {
          const [x0, y0, width] = line.points[Math.max(at - 1, 0)]!;
          const [x1, y1] = line.points[at]!;
          const distance = toSegment(x, y, x0, y0, x1, y1) - Math.min(width / 2, reach / 2);
          if (distance < nearest) {
            nearest = distance;
            found = number;
          }
        }
      }
    }
    return found;
  }
}

export function toSegment(
  x: number,
  y: number,
  x0: number,
  y0: number,
  x1: number,
  y1: number,
): number {
  const [dx, dy] = [x1 - x0, y1 - y0];
  const length2 = dx * dx + dy * dy;
  const t = length2 ? Math.min(1, Math.max(0, ((x - x0) * dx + (y - y0) * dy) / length2)) : 0;
  return Math.hypot(x - x0 - t * dx, y - y0 - t * dy);
}

function centreOf(lines: Line[]): Path2D {
  const path = new Path2D();
  for (const { points } of lines) {
    points.forEach(([x, y], at) => (at ? path.lineTo(x, y) : path.moveTo(x, y)));
    if (points.length === 1) path.lineTo(points[0]![0], points[0]![1]);
  }
  return path;
}

/** Quadrilaterals as wide as was measured at both ends of each piece. */
function widthsOf(lines: Line[]): Path2D {
  const path = new Path2D();
  for (const { points } of lines) {
    for (let at = 1; at < points.length; at++) {
      const [x0, y0, w0] = points[at - 1]!;
      const [x1, y1, w1] = points[at]!;
      const length = Math.hypot(x1 - x0, y1 - y0) || 1;
      const [nx, ny] = [-(y1 - y0) / length / 2, (x1 - x0) / length / 2];
      path.moveTo(x0 + nx * w0, y0 + ny * w0);
      path.lineTo(x1 + nx * w1, y1 + ny * w1);
      path.lineTo(x1 - nx * w1, y1 - ny * w1);
      path.lineTo(x0 - nx * w0, y0 - ny * w0);
      path.closePath();
    }
  }
  return path;
}

function boxOf(lines: Line[]): [number, number, number, number] {
  const box: [number, number, number, number] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const { points } of lines) {
    for (const [x, y, width] of points) {
      box[0] = Math.min(box[0], x - width);
      box[1] = Math.min(box[1], y - width);
      box[2] = Math.max(box[2], x + width);
      box[3] = Math.max(box[3], y + width);
    }
  }
  return box;
}
