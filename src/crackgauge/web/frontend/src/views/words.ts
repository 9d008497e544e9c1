/** Numbers and states in words. */
import type { Crack, Photo } from "../api/types";
import { measure } from "../state/cracks";

export function number(value: number, digits = 3): string {
  return value >= 1000
    ? Math.round(value).toLocaleString("en").replaceAll(",", "\u202f")
    : String(Number(value.toPrecision(digits)));
}

/** A measure in mm where there is a scale, in px where there is none. */
export function withUnit(crack: Crack, name: string): string {
  const mm = measure(crack, `${name}_mm`);
  if (mm >= 0) return length(mm);
  const px = measure(crack, `${name}_px`);
  return px < 0 ? "–" : `${number(px)} px`;
}

export function length(mm: number): string {
  return mm >= 1000 ? `${number(mm / 1000)} m` : `${number(mm)} mm`;
}

export function severityOf(crack: Crack): string {
  const value = crack.measures["severity"];
  return typeof value === "string" ? value : "";
}

export function scaleOf(photo: Photo): string {
  const mm = photo.measured?.["mm_per_px"];
  if (typeof mm !== "number") return "no scale";
  const [how] = sourceOfScale(photo).split(/[,:]/);
  return `${number(mm, 4)} mm/px${how && how !== "given" ? ` (${how})` : ""}`;
}

/** Why the scale that this photo was to have is not known; nothing where it is. */
export function scaleTrouble(photo: Photo): string {
  const isKnown = typeof photo.measured?.["mm_per_px"] === "number";
  if (!photo.scale || !photo.measured || photo.job || isKnown) return "";
  return sourceOfScale(photo).replace(/^none: /, "");
}

/** Where the scale is from, or why there is none, in the server's words. */
export function sourceOfScale(photo: Photo): string {
  return String(photo.measured?.["scale_source"] ?? "");
}

export const PHOTO_STATE: Record<Photo["state"], string> = {
  new: "not searched",
  done: "searched",
  "set-aside": "set aside",
  missing: "missing",
};

/** With a capital letter. */
export function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? "" : "s"}`;
}

export function bytes(count: number): string {
  if (count < 1000) return `${count} B`;
  return count < 1e6 ? `${number(count / 1000)} kB` : `${number(count / 1e6)} MB`;
}
