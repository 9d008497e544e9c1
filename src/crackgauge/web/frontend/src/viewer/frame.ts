/** How the photo lies on the screen at one moment. */
export interface Frame {
  /** CSS px of the photo's corner, and CSS px a px of the photo takes. */
  left: number;
  top: number;
  scale: number;
  /** Size of the stage in CSS px, and device px in each. */
  width: number;
  height: number;
  density: number;
}

export type Point = [number, number];

export function toScreen(frame: Frame, [x, y]: Point): Point {
  return [frame.left + x * frame.scale, frame.top + y * frame.scale];
}

export function toPhoto(frame: Frame, [x, y]: Point): Point {
  return [(x - frame.left) / frame.scale, (y - frame.top) / frame.scale];
}

/** Give a canvas the size of the stage; true where it had another one. */
export function fit(canvas: HTMLCanvasElement, frame: Frame): boolean {
  const width = Math.round(frame.width * frame.density);
  const height = Math.round(frame.height * frame.density);
  if (canvas.width === width && canvas.height === height) return false;
  canvas.width = width;
  canvas.height = height;
  return true;
}
