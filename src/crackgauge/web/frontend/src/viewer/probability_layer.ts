/** Draws the probability, or the mask it gives at a threshold, over the photo. */
import type { Palette } from "./colours";
import type { Frame } from "./frame";
import type { ProbabilityTiles } from "./probability_tiles";
import type { Surface } from "./surface";

export class ProbabilityLayer {
  palette: Palette | null = null;
  tiles: ProbabilityTiles | null = null;

  constructor(private readonly surface: Surface) {}

  draw(frame: Frame): void {
    const { tiles, palette } = this;
    if (!tiles || !palette) {
      this.surface.clear(frame);
      return;
    }
    const context = this.surface.begin(frame);
    // Enlarged, a pixel stays a square: what is crack is counted in pixels.
    context.imageSmoothingEnabled = frame.scale * frame.density < 1;
    const level = this.levelFor(frame, tiles.zoom.top_level);
    const wanted: string[] = [];
    for (const [column, row] of this.visible(frame, level)) {
      wanted.push(`${level}/${column}/${row}`);
      this.drawTile(context, frame, level, column, row, palette);
    }
    // One coarse tile covers everything until the fine ones have come.
    const overview = Math.max(0, Math.min(tiles.zoom.top_level, 8));
    tiles.want([`${overview}/0/0`, ...wanted]);
  }

  /** Whether everything in sight has come. */
  get isComplete(): boolean {
    return !this.palette || !this.tiles || this.tiles.isComplete;
  }

  /** The coarsest level whose px are no larger than those of the screen. */
  private levelFor(frame: Frame, top: number): number {
    const below = Math.floor(Math.log2(1 / Math.max(frame.scale * frame.density, 1e-9)) + 0.3);
    return Math.min(Math.max(top - Math.max(below, 0), 0), top);
  }

  private *visible(frame: Frame, level: number): Generator<[number, number]> {
    const { zoom } = this.tiles!;
    const size = zoom.tile_px * 2 ** (zoom.top_level - level);
    const first = (corner: number) => Math.max(0, Math.floor(-corner / frame.scale / size));
    const last = (corner: number, extent: number, length: number) =>
      Math.min(Math.ceil(length / size), Math.ceil((extent - corner) / frame.scale / size));
    const columns = last(frame.left, frame.width, zoom.width_px);
    const rows = last(frame.top, frame.height, zoom.height_px);
    for (let row = first(frame.top); row < rows; row++) {
      for (let column = first(frame.left); column < columns; column++) yield [column, row];
    }
  }

  /** Draw a tile, or the part of a coarser one that covers its place. */
  private drawTile(
    context: CanvasRenderingContext2D,
    frame: Frame,
    level: number,
    column: number,
    row: number,
    palette: Palette,
  ): void {
    const { zoom } = this.tiles!;
    for (let up = 0; up <= level; up++) {
      const part = 2 ** up;
      const tile = this.tiles!.get(
        level - up,
        Math.floor(column / part),
        Math.floor(row / part),
        palette,
      );
      if (!tile) continue;
      const side = zoom.tile_px / part;
      const left = (column % part) * side;
      const top = (row % part) * side;
      const width = Math.min(side, tile.canvas.width - left);
      const height = Math.min(side, tile.canvas.height - top);
      if (width <= 0 || height <= 0) return;
      const factor = 2 ** (zoom.top_level - level + up) * frame.scale;
      const x = frame.left + column * zoom.tile_px * 2 ** (zoom.top_level - level) * frame.scale;
      const y = frame.top + row * zoom.tile_px * 2 ** (zoom.top_level - level) * frame.scale;
      context.drawImage(
        tile.canvas,
        left,
        top,
        width,
        height,
        x,
        y,
        width * factor,
        height * factor,
      );
      return;
    }
  }
}
