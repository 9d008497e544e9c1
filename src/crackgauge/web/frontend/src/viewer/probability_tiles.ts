/** Probability tiles of one photo: fetched, kept decoded, painted with a palette. */
import type { Zoom } from "../api/types";
import type { Palette } from "./colours";
import { fetchPicture } from "./patience";

const AT_ONCE = 3;
const KEPT = 320;

export interface Tile {
  values: Uint8ClampedArray;
  canvas: HTMLCanvasElement;
  pixels: ImageData;
  /** What it is painted with. */
  palette: Palette | null;
}

export class ProbabilityTiles {
  private readonly tiles = new Map<string, Tile>();
  private readonly asked = new Set<string>();
  private readonly absent = new Set<string>();
  private wanted: string[] = [];
  private readonly abort = new AbortController();

  constructor(
    private readonly photo: string,
    readonly zoom: Zoom,
    /** Called when a tile has come. */
    private readonly came: () => void,
  ) {}

  /** A tile painted with a palette, or null where it is not there (yet). */
  get(level: number, column: number, row: number, palette: Palette): Tile | null {
    const key = `${level}/${column}/${row}`;
    const tile = this.tiles.get(key);
    if (!tile) return null;
    this.tiles.delete(key); // the last used one is the last to be dropped
    this.tiles.set(key, tile);
    if (tile.palette !== palette) paint(tile, palette);
    return tile;
  }

  /** Ask for these tiles, the first ones first; what was asked for before and did not begin is dropped. */
  want(keys: string[]): void {
    this.wanted = keys.filter(
      (key) => !this.tiles.has(key) && !this.asked.has(key) && !this.absent.has(key),
    );
    this.fetchNext();
  }

  get isComplete(): boolean {
    return !this.wanted.length && !this.asked.size;
  }

  close(): void {
    this.abort.abort();
    this.tiles.clear();
  }

  private fetchNext(): void {
    while (this.asked.size < AT_ONCE && this.wanted.length) {
      const key = this.wanted.shift()!;
      this.asked.add(key);
      void this.fetch(key).finally(() => {
        this.asked.delete(key);
        if (!this.abort.signal.aborted) this.fetchNext();
      });
    }
  }

  private async fetch(key: string): Promise<void> {
    try {
      const path = `/api/images/${this.photo}/probability/${key}`;
      const picture = await fetchPicture(path, this.abort.signal);
      if (!picture) {
        this.absent.add(key);
        return;
      }
      const tile = await decoded(picture.blob);
      this.tiles.set(key, tile);
      for (const oldest of this.tiles.keys()) {
        if (this.tiles.size <= KEPT) break;
        this.tiles.delete(oldest);
      }
      this.came();
    } catch {
      // The page went on to another photo, or the connection broke, which the page shows.
    }
  }
}

async function decoded(blob: Blob): Promise<Tile> {
  const bitmap = await createImageBitmap(blob, { colorSpaceConversion: "none" });
  const { width, height } = bitmap;
  const scratch = new OffscreenCanvas(width, height).getContext("2d", {
    willReadFrequently: true,
  })!;
  scratch.drawImage(bitmap, 0, 0);
  bitmap.close();
  const pixels = scratch.getImageData(0, 0, width, height);
  const values = new Uint8ClampedArray(width * height);
  for (let at = 0; at < values.length; at++) values[at] = pixels.data[4 * at]!;
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  return { values, canvas, pixels, palette: null };
}

function paint(tile: Tile, palette: Palette): void {
  const words = new Uint32Array(tile.pixels.data.buffer);
  const { values } = tile;
  for (let at = 0; at < values.length; at++) words[at] = palette[values[at]!]!;
  tile.canvas.getContext("2d")!.putImageData(tile.pixels, 0, 0);
  tile.palette = palette;
}
