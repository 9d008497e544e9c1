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

/** Whether nothing has moved. */
export function isSame(a: Frame | null, b: Frame): boolean {
  return (
    a !== null &&
    a.left === b.left &&
    a.top === b.top &&
    a.scale === b.scale &&
    a.width === b.width &&
    a.height === b.height &&
    a.density === b.density
  );
}
