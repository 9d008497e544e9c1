/** Colours over photos: bright enough on concrete and asphalt, told apart by people who see fewer. */

const MILD_TO_SEVERE = ["#5bc8ff", "#8fe07a", "#ffe14d", "#ffab2e", "#ff6a3d", "#ff4fa3"];
export const UNGRADED = "#2fe0e8";
export const REJECTED = "#b9c0c8";
export const SELECTED = "#ffffff";

/**
 * Colour of a class.
 *
 * @param rank place of the class in its standard, from 0, the mildest; -1: not graded
 * @param count of the classes
 */
export function colourOf(rank: number, count: number): string {
  if (rank < 0 || count < 1) return UNGRADED;
  const last = MILD_TO_SEVERE.length - 1;
  const at = count < 2 ? last : Math.round((Math.min(rank, count - 1) / (count - 1)) * last);
  return MILD_TO_SEVERE[at]!;
}

/** Pixels of one layer by probability, as 256 words of ABGR. */
export type Palette = Uint32Array;

function word(red: number, green: number, blue: number, alpha: number): number {
  return ((alpha << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}

/** From violet over red to bright yellow; what is unlikely is transparent. */
export function heat(): Palette {
  const stops: [number, number, number, number][] = [
    [0, 40, 10, 90],
    [0.35, 150, 30, 120],
    [0.65, 240, 90, 50],
    [1, 255, 240, 120],
  ];
  return Uint32Array.from({ length: 256 }, (_, value) => {
    const p = value / 255;
    const above = Math.max(
      1,
      stops.findIndex((stop) => stop[0] >= p),
    );
    const [from, to] = [stops[above - 1]!, stops[above]!];
    const t = (p - from[0]) / (to[0] - from[0]);
    const mix = (channel: 1 | 2 | 3) => Math.round(from[channel] * (1 - t) + to[channel] * t);
    return word(mix(1), mix(2), mix(3), Math.round(255 * Math.min(1, p * 1.6)));
  });
}

/** One colour from the threshold on, as the server makes the mask; nothing below it. */
export function maskFrom(threshold: number): Palette {
  const least = Math.max(1, Math.round(255 * threshold));
  return Uint32Array.from({ length: 256 }, (_, value) =>
    value >= least ? word(255, 64, 129, 255) : 0,
  );
}
