/** The photo's tiles, as OpenSeadragon asks for them. */
import OpenSeadragon from "openseadragon";
import type { Zoom } from "../api/types";
import { fetchPicture } from "./patience";

interface Download {
  src: string;
  userData: { abort?: AbortController };
  finish(data: unknown, request: unknown, kind: string): void;
  fail(message: string, request: unknown): void;
}

export function photoTiles(id: string, zoom: Zoom): OpenSeadragon.TileSource {
  const source = new OpenSeadragon.TileSource({
    width: zoom.width_px,
    height: zoom.height_px,
    tileSize: zoom.tile_px,
    tileOverlap: 0,
    // The coarsest level that is asked for fits into one tile.
    minLevel: Math.min(zoom.top_level, Math.round(Math.log2(zoom.tile_px))),
    maxLevel: zoom.top_level,
    getTileUrl: (level: number, x: number, y: number) =>
      `/api/images/${id}/tiles/${level}/${x}/${y}`,
  } as unknown as OpenSeadragon.TileSourceOptions);
  // Fetched here, not by an <img>: a tile that is still being made is asked for again, and what
  // arrives is decoded beside the page's own thread and drawn without another conversion.
  return Object.assign(source, {
    downloadTileStart(context: Download) {
      const abort = new AbortController();
      context.userData.abort = abort;
      void decoded(context.src, abort.signal)
        .then((drawn) =>
          drawn ? context.finish(drawn, null, "context2d") : context.fail("no such tile", null),
        )
        .catch((error: unknown) => {
          if (!abort.signal.aborted) context.fail(String(error), null);
        });
    },
    downloadTileAbort(context: Download) {
      context.userData.abort?.abort();
    },
  });
}

async function decoded(
  path: string,
  signal: AbortSignal,
): Promise<CanvasRenderingContext2D | null> {
  const blob = await fetchPicture(path, signal);
  if (!blob) return null;
  const bitmap = await createImageBitmap(blob);
  const canvas = document.createElement("canvas");
  canvas.width = bitmap.width;
  canvas.height = bitmap.height;
  const context = canvas.getContext("2d")!;
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  return context;
}
