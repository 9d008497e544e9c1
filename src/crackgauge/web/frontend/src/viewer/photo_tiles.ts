/** The photo's tiles, as OpenSeadragon asks for them. */
import OpenSeadragon from "openseadragon";
import type { Zoom } from "../api/types";
import { fetchPicture, type Picture } from "./patience";

interface Download {
  src: string;
  userData: { abort?: AbortController };
  finish(data: unknown, request: unknown, kind: string): void;
  fail(message: string, request: unknown): void;
}

type Drawing = CanvasRenderingContext2D;

/** How long a rough tile stays at least; the server knows more about once a second. */
const ROUGH_MS = 1000;

export class PhotoTiles {
  readonly source: OpenSeadragon.TileSource;
  /** Tiles of a large photo whose small copy is not made yet, by their address. */
  private readonly rough = new Map<string, Drawing>();
  /** Whether the small copy is made; what is rough was asked for before. */
  private isAll = false;
  private isSharpening = false;
  private sharpenedAt = 0;
  private readonly closing = new AbortController();

  constructor(
    id: string,
    zoom: Zoom,
    /** Called when tiles were drawn anew. */
    private readonly sharpened: () => void,
  ) {
    const source = new OpenSeadragon.TileSource({
      width: zoom.width_px,
      height: zoom.height_px,
      tileSize: zoom.tile_px,
      tileOverlap: 0,
      // The coarsest level that is asked for fits into one tile.
      minLevel: Math.min(zoom.top_level, Math.round(Math.log2(zoom.tile_px))),
      maxLevel: zoom.top_level,
      getTileUrl: (level: number, x: number, y: number) =>
        `/api/images/${id}/tiles/${level}/${x}/${y}?rough=true`,
    } as unknown as OpenSeadragon.TileSourceOptions);
    // Fetched here, not by an <img>: a tile that is still being made is asked for again, and what
    // arrives is decoded beside the page's own thread and drawn without another conversion.
    this.source = Object.assign(source, {
      downloadTileStart: (context: Download) => {
        const abort = new AbortController();
        context.userData.abort = abort;
        void this.drawn(context.src, abort.signal)
          .then((drawn) => {
            if (abort.signal.aborted) return;
            if (drawn) context.finish(drawn, null, "context2d");
            else context.fail("no such tile", null);
          })
          .catch((error: unknown) => {
            if (!abort.signal.aborted) context.fail(String(error), null);
          });
      },
      downloadTileAbort: (context: Download) => context.userData.abort?.abort(),
    });
  }

  /** More of the photo is known: ask for its rough tiles again, now or, unless all is known, soon. */
  async sharpen(isAll: boolean): Promise<void> {
    this.isAll ||= isAll;
    const isSoon = !this.isAll && performance.now() - this.sharpenedAt < ROUGH_MS;
    if (this.isSharpening || isSoon) return;
    this.isSharpening = true;
    let wasAll: boolean;
    do {
      wasAll = this.isAll;
      await this.askAgain();
    } while (this.isAll && !wasAll); // the last of it became known meanwhile
    this.sharpenedAt = performance.now();
    this.isSharpening = false;
  }

  close(): void {
    this.closing.abort();
    this.rough.clear();
  }

  private async askAgain(): Promise<void> {
    for (const [path, drawing] of this.rough) {
      try {
        const picture = await fetchPicture(path, this.closing.signal);
        if (this.closing.signal.aborted) return;
        if (!picture?.isRough) this.rough.delete(path);
        // In its place: what OpenSeadragon keeps is this very drawing.
        if (picture) await draw(picture, drawing);
      } catch {
        return; // The connection broke, which the page shows.
      }
      this.sharpened();
    }
  }

  private async drawn(path: string, signal: AbortSignal): Promise<Drawing | null> {
    const picture = await fetchPicture(path, signal);
    if (!picture) return null;
    const drawing = document.createElement("canvas").getContext("2d")!;
    await draw(picture, drawing);
    if (picture.isRough) {
      this.rough.set(path, drawing);
      if (this.isAll) void this.sharpen(true);
    }
    return drawing;
  }
}

async function draw(picture: Picture, drawing: Drawing): Promise<void> {
  const bitmap = await createImageBitmap(picture.blob);
  drawing.canvas.width = bitmap.width;
  drawing.canvas.height = bitmap.height;
  drawing.drawImage(bitmap, 0, 0);
  bitmap.close();
}
