/** The photo under its layers: OpenSeadragon below, a canvas for pixels, a canvas for lines. */
import OpenSeadragon from "openseadragon";
import type { Zoom } from "../api/types";
import type { View } from "../state/place";
import { type Frame, isSame, type Point, toPhoto } from "./frame";
import { LineLayer } from "./line_layer";
import { PhotoTiles } from "./photo_tiles";
import { ProbabilityLayer } from "./probability_layer";
import { ProbabilityTiles } from "./probability_tiles";
import { StrokeLayer } from "./stroke_layer";
import { Surface } from "./surface";

/** A press, a drag or a click on the photo, in px of the photo. */
export interface Touch {
  point: Point;
  /** On the stage, in CSS px. */
  place: Point;
  kind: "press" | "drag" | "drag-end" | "release" | "click" | "double-click";
  shift: boolean;
  /** Call it to keep the photo where it is. */
  hold(): void;
}

/** How long the layers may be moved as they are while the photo moves. */
const DRAWN_EVERY_MS = 90;

/** Something drawn over everything else. */
export type Overlay = (context: CanvasRenderingContext2D, frame: Frame) => void;

export class Stage {
  readonly viewer: OpenSeadragon.Viewer;
  readonly lines = new LineLayer();
  readonly probability: ProbabilityLayer;
  readonly strokes: StrokeLayer;
  /** Drawn above all layers, by the mode that is on. */
  readonly overlays = new Set<Overlay>();
  onTouch: (touch: Touch) => void = () => undefined;
  onMove: (point: Point, place: Point) => void = () => undefined;
  onView: (view: View) => void = () => undefined;
  /** Called once the photo, as far as it is seen, has come for the first time. */
  onShown: () => void = () => undefined;
  private readonly element: HTMLElement;
  private readonly canvases: [HTMLCanvasElement, HTMLCanvasElement, HTMLCanvasElement];
  private readonly pixels: Surface;
  private readonly painted: Surface;
  private readonly vectors: Surface;
  /** How the photo lay when the layers were drawn last. */
  private drawn: Frame | null = null;
  private drawnAt = 0;
  private moved = "";
  private late = 0;
  private size: [number, number] = [1, 1];
  private waiting = 0;
  private tiles: PhotoTiles | null = null;
  private readonly sizes: ResizeObserver;

  constructor(element: HTMLElement) {
    this.element = element;
    const below = document.createElement("div");
    below.className = "photo";
    this.canvases = [canvasOf("raster"), canvasOf("strokes"), canvasOf("lines")];
    element.append(below, ...this.canvases);
    const [raster, strokes, lines] = this.canvases;
    this.pixels = new Surface(raster);
    this.painted = new Surface(strokes);
    this.vectors = new Surface(lines);
    this.probability = new ProbabilityLayer(this.pixels);
    this.strokes = new StrokeLayer(this.painted);
    withoutInlineStyle();
    const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.viewer = new OpenSeadragon.Viewer({
      element: below,
      drawer: "canvas",
      showNavigationControl: false,
      imageLoaderLimit: 4,
      maxTilesPerFrame: 8, // asked for, not drawn: one a frame would leave the server idle
      maxZoomPixelRatio: 12,
      minZoomImageRatio: 0.5,
      visibilityRatio: 0.2,
      animationTime: still ? 0 : 0.35,
      springStiffness: 9,
      zoomPerScroll: 1.3,
      blendTime: 0,
      immediateRender: false,
      gestureSettingsMouse: { clickToZoom: false, dblClickToZoom: false },
      gestureSettingsTouch: { clickToZoom: false, dblClickToZoom: false },
      gestureSettingsPen: { clickToZoom: false, dblClickToZoom: false },
      keyboardNavEnabled: false,
    } as OpenSeadragon.Options);
    this.listen();
    this.sizes = new ResizeObserver(() => this.redraw());
    this.sizes.observe(element);
  }

  /** Show a photo, at a view of it or whole. */
  open(id: string, zoom: Zoom, view: View | null): void {
    this.size = [zoom.width_px, zoom.height_px];
    this.mark("shown", false);
    this.probability.tiles?.close();
    this.probability.tiles = null;
    this.viewer.addOnceHandler("open", () => {
      if (view) this.look(view, true);
      this.redraw();
      this.viewer.world.getItemAt(0)?.addOnceHandler("fully-loaded-change", () => {
        this.mark("shown", true);
        this.onShown();
      });
    });
    this.tiles?.close();
    this.tiles = new PhotoTiles(id, zoom, () => this.viewer.forceRedraw());
    this.viewer.open({ tileSource: this.tiles.source });
  }

  /** More is known of a large photo that is drawn roughly as yet, or all of it. */
  sharpen(isAll: boolean): void {
    // All of it roughly comes before a part of it sharply.
    if (isAll || this.element.dataset.shown === "true") void this.tiles?.sharpen(isAll);
  }

  /** Take the probability of the photo, as it is now; null where there is none. */
  setProbability(id: string, zoom: Zoom | null): void {
    this.probability.tiles?.close();
    this.probability.tiles = zoom && new ProbabilityTiles(id, zoom, () => this.redraw());
    this.redraw();
  }

  /** Of the pixels over the photo, in [0, 1]. */
  setOpacity(share: number): void {
    this.canvases[0].style.opacity = String(share);
  }

  close(): void {
    this.probability.tiles?.close();
    this.probability.tiles = null;
    this.tiles?.close();
    this.tiles = null;
    this.viewer.close();
    this.redraw();
  }

  destroy(): void {
    this.close();
    this.sizes.disconnect();
    window.cancelAnimationFrame(this.waiting);
    window.clearTimeout(this.late);
    this.viewer.destroy();
  }

  get isOpen(): boolean {
    return this.viewer.world.getItemCount() > 0;
  }

  isOnPhoto([x, y]: Point): boolean {
    return x > 0 && y > 0 && x < this.size[0] && y < this.size[1];
  }

  frame(): Frame {
    const { clientWidth: width, clientHeight: height } = this.viewer.element;
    const item = this.viewer.world.getItemAt(0);
    if (!item) return { left: 0, top: 0, scale: 1, width, height, density: 1 };
    const corner = item.imageToViewerElementCoordinates(new OpenSeadragon.Point(0, 0));
    const far = item.imageToViewerElementCoordinates(new OpenSeadragon.Point(this.size[0], 0));
    const scale = (far.x - corner.x) / this.size[0];
    const density = window.devicePixelRatio || 1;
    return { left: corner.x, top: corner.y, scale, width, height, density };
  }

  /** Draw the layers with the next picture of the screen. */
  redraw(): void {
    if (this.waiting) return;
    this.waiting = window.requestAnimationFrame(() => {
      this.waiting = 0;
      this.drawNow();
    });
  }

  private drawNow(frame = this.frame()): void {
    this.drawn = frame;
    this.drawnAt = performance.now();
    this.move("");
    if (!this.isOpen) {
      for (const each of [this.pixels, this.painted, this.vectors]) each.clear(frame);
      return;
    }
    this.probability.draw(frame);
    this.mark("complete", this.probability.isComplete);
    this.strokes.draw(frame);
    if (this.lines.isEmpty && !this.overlays.size) {
      this.vectors.clear(frame);
      return;
    }
    const context = this.vectors.begin(frame);
    this.lines.draw(context, frame);
    for (const overlay of this.overlays) overlay(context, frame);
  }

  /**
   * Keep the layers over a photo that moves: they are moved as they are, which costs the browser
   * next to nothing, and drawn anew now and then, and where it comes to rest.
   */
  private follow(): void {
    const frame = this.frame();
    const { drawn } = this;
    if (isSame(drawn, frame)) return;
    const isFresh = drawn && performance.now() - this.drawnAt < DRAWN_EVERY_MS;
    if (!isFresh || drawn.width !== frame.width || drawn.height !== frame.height) {
      this.drawNow(frame);
      return;
    }
    const scale = frame.scale / drawn.scale;
    const [x, y] = [frame.left - drawn.left * scale, frame.top - drawn.top * scale];
    this.move(`translate(${x}px, ${y}px) scale(${scale})`);
    window.clearTimeout(this.late);
    this.late = window.setTimeout(() => this.redraw(), DRAWN_EVERY_MS);
  }

  private move(transform: string): void {
    if (transform === this.moved) return;
    this.moved = transform;
    for (const canvas of this.canvases) canvas.style.transform = transform;
  }

  /** Go to a view. */
  look(view: View, atOnce = false): void {
    const { viewport } = this.viewer;
    const zoom = viewport.imageToViewportZoom(view.zoom);
    viewport.zoomTo(zoom, undefined, atOnce);
    viewport.panTo(viewport.imageToViewportCoordinates(view.x, view.y), atOnce);
  }

  /** Show a box of the photo with some room around it. */
  lookAt(left: number, top: number, right: number, bottom: number): void {
    const room = Math.max(40, 0.25 * Math.max(right - left, bottom - top));
    const rectangle = this.viewer.viewport.imageToViewportRectangle(
      left - room,
      top - room,
      right - left + 2 * room,
      bottom - top + 2 * room,
    );
    this.viewer.viewport.fitBounds(rectangle);
  }

  zoomBy(factor: number): void {
    this.viewer.viewport.zoomBy(factor).applyConstraints();
  }

  panBy(dx: number, dy: number): void {
    const { viewport } = this.viewer;
    viewport.panBy(viewport.deltaPointsFromPixels(new OpenSeadragon.Point(dx, dy)));
    viewport.applyConstraints();
  }

  whole(): void {
    this.viewer.viewport.goHome();
  }

  private listen(): void {
    const { viewer } = this;
    // The photo is drawn again for each tile that comes; what lies over it only where it moves.
    viewer.addHandler("update-viewport", () => this.follow());
    viewer.addHandler("animation-start", () => this.mark("moving", true));
    viewer.addHandler("animation-finish", () => {
      this.mark("moving", false);
      this.redraw();
      this.tellView();
    });
    viewer.addHandler("resize", () => this.redraw());
    const kinds = {
      "canvas-press": "press",
      "canvas-drag": "drag",
      "canvas-drag-end": "drag-end",
      "canvas-release": "release",
      "canvas-double-click": "double-click",
    } as const;
    for (const [name, kind] of Object.entries(kinds)) {
      viewer.addHandler(name as "canvas-press", (event) => this.touched(kind, event));
    }
    viewer.addHandler("canvas-click", (event) => {
      if (event.quick) this.touched("click", event);
    });
    viewer.canvas.addEventListener("pointermove", (event) => {
      if (!this.isOpen) return;
      const { left, top } = viewer.canvas.getBoundingClientRect();
      const place: Point = [event.clientX - left, event.clientY - top];
      this.onMove(toPhoto(this.frame(), place), place);
    });
  }

  private touched(kind: Touch["kind"], event: object): void {
    if (!this.isOpen) return;
    const told = event as {
      position: OpenSeadragon.Point;
      shift?: boolean;
      preventDefaultAction?: boolean;
    };
    const place: Point = [told.position.x, told.position.y];
    this.onTouch({
      kind,
      place,
      point: toPhoto(this.frame(), place),
      shift: told.shift ?? false,
      hold: () => (told.preventDefaultAction = true),
    });
  }

  /** Say on the element itself what is drawn, for style sheets and tests. */
  private mark(name: "shown" | "complete" | "moving", is: boolean): void {
    const word = String(is);
    if (this.element.dataset[name] !== word) this.element.dataset[name] = word;
  }

  private tellView(): void {
    if (!this.isOpen) return;
    const frame = this.frame();
    const [x, y] = toPhoto(frame, [frame.width / 2, frame.height / 2]);
    this.onView({ x, y, zoom: frame.scale });
  }
}

/**
 * OpenSeadragon adds a style sheet to the page unless it finds its own there, which the server's
 * policy would refuse; our style sheet says the same. It looks for any element of this name.
 */
function withoutInlineStyle(): void {
  const name = "data-openseadragon-mobile-css";
  if (document.querySelector(`style[${name}]`)) return;
  const mark = document.createElementNS("crackgauge", "style");
  mark.setAttribute(name, "");
  document.head.append(mark);
}

function canvasOf(layer: string): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.className = `layer ${layer}`;
  return canvas;
}
