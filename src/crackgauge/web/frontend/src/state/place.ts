/** Where the inspector is, kept in the address so that a reload and the back button find it. */
import { batch, effect, signal } from "@preact/signals";

/** Layers that can be drawn over the photo. */
export const LAYERS = ["probability", "mask", "lines", "widths"] as const;
export type Layer = (typeof LAYERS)[number];

/** What part of the photo is seen: its centre in px of the photo, and screen px per photo px. */
export interface View {
  x: number;
  y: number;
  zoom: number;
}

export const photoId = signal<string | null>(null);
export const crackNumber = signal<number | null>(null);
export const layers = signal<ReadonlySet<Layer>>(new Set<Layer>(["lines"]));
/** Of the photo that is open, as it was last seen; null: the whole photo. */
export const view = signal<View | null>(null);
/** Whether strokes are being drawn. */
export const tracing = signal(false);

function read(): void {
  batch(take);
}

function take(): void {
  const values = new URLSearchParams(window.location.hash.slice(1));
  const known = new Set<string>(LAYERS);
  const id = values.get("photo") ?? "";
  photoId.value = /^[0-9a-f]{16}$/.test(id) ? id : photoId.value;
  const number = Number.parseInt(values.get("crack") ?? "", 10);
  crackNumber.value = Number.isFinite(number) ? number : null;
  if (values.has("layers")) {
    const wanted = (values.get("layers") ?? "").split(".").filter((each) => known.has(each));
    layers.value = new Set(wanted as Layer[]);
  }
  const [x, y, zoom] = (values.get("view") ?? "").split("_").map(Number);
  const isView = [x, y, zoom].every((each) => Number.isFinite(each)) && (zoom ?? 0) > 0;
  view.value = isView ? { x: x!, y: y!, zoom: zoom! } : null;
  tracing.value = values.get("mode") === "trace";
}

function written(): string {
  const parts: string[] = [];
  if (photoId.value) parts.push(`photo=${photoId.value}`);
  if (crackNumber.value !== null) parts.push(`crack=${crackNumber.value}`);
  parts.push(`layers=${LAYERS.filter((each) => layers.value.has(each)).join(".")}`);
  if (view.value) {
    const { x, y, zoom } = view.value;
    parts.push(`view=${x.toFixed(1)}_${y.toFixed(1)}_${zoom.toPrecision(4)}`);
  }
  if (tracing.value) parts.push("mode=trace");
  return `#${parts.join("&")}`;
}

/** Take the place from the address, and keep the address in step from now on. */
export function keepPlace(): void {
  read();
  let shown = photoId.value;
  let following = false;
  effect(() => {
    const hash = written();
    const isNext = photoId.value !== shown && shown !== null && !following;
    shown = photoId.value;
    if (hash === window.location.hash) return;
    if (isNext) window.history.pushState(null, "", hash);
    else window.history.replaceState(null, "", hash);
  });
  window.addEventListener("popstate", () => {
    following = true;
    read();
    following = false;
  });
}

export function openPhoto(id: string, crack: number | null = null): void {
  if (photoId.peek() === id) {
    crackNumber.value = crack;
    return;
  }
  batch(() => {
    view.value = null;
    tracing.value = false;
    crackNumber.value = crack;
    photoId.value = id;
  });
}

/** The mask is what a threshold changes: it is shown while that is moved. */
export function showMask(): void {
  if (!layers.peek().has("mask")) toggleLayer("mask");
}

export function toggleLayer(layer: Layer): void {
  const now = new Set(layers.value);
  if (now.has(layer)) now.delete(layer);
  else {
    // Of the two that fill areas, and of the two that draw lines, one is enough.
    const rival = { probability: "mask", mask: "probability", lines: "widths", widths: "lines" }[
      layer
    ] as Layer;
    now.delete(rival);
    now.add(layer);
  }
  layers.value = now;
}
