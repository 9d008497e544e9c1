/** A canvas over the photo that is touched only where there is something on it, or was. */
import type { Frame } from "./frame";

export class Surface {
  private isBlank = true;
  private readonly context: CanvasRenderingContext2D;

  constructor(private readonly canvas: HTMLCanvasElement) {
    this.context = canvas.getContext("2d")!;
  }

  /** Clear it, and give it the size of the stage. */
  clear(frame: Frame): void {
    const width = Math.round(frame.width * frame.density);
    const height = Math.round(frame.height * frame.density);
    if (this.canvas.width !== width || this.canvas.height !== height) {
      this.canvas.width = width;
      this.canvas.height = height;
    } else if (!this.isBlank) {
      this.context.setTransform(1, 0, 0, 1, 0, 0);
      this.context.clearRect(0, 0, width, height);
    }
    this.isBlank = true;
  }

  /** Begin a new picture, in CSS px. */
  begin(frame: Frame): CanvasRenderingContext2D {
    this.clear(frame);
    this.isBlank = false;
    this.context.setTransform(frame.density, 0, 0, frame.density, 0, 0);
    return this.context;
  }

  /** Whether a point lies in a path, both in the same px. */
  isWithin(path: Path2D, x: number, y: number): boolean {
    this.context.setTransform(1, 0, 0, 1, 0, 0);
    return this.context.isPointInPath(path, x, y);
  }
}
