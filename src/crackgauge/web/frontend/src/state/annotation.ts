/** Strokes made by hand on the photo that is open. Each is kept by the server as it is made. */
import { computed, signal } from "@preact/signals";
import { get, Refusal, send } from "../api/client";
import type { Annotation, NewStroke, Photo } from "../api/types";
import { tell, tellError, tellUnloaded } from "./notices";
import { measureAnew } from "./photos";
import { photoId } from "./place";
import { Turns } from "./turns";

export const annotation = signal<Annotation | null>(null);
/** Id of the photo that it belongs to. */
export const annotationOf = signal<string | null>(null);
/** A change is on its way. */
export const sending = signal(false);

/** Whether strokes can be added to the photo that is open. */
export const begun = computed(
  () => annotationOf.value === photoId.value && (annotation.value?.state ?? "none") !== "none",
);

/** Strokes were begun from nothing, and none was made: the photo must not lose its cracks by that. */
export const isUntouched = computed(() => {
  const now = annotation.value;
  if (!now || now.state === "none" || sending.value) return false;
  return !now.strokes.length && !now.can_undo && !now.can_redo;
});

/** Version of each photo's strokes, as the server last said. */
const versions = new Map<string, number>();

const path = (id: string) => `/api/images/${id}/annotation`;

let answered = 0;

export async function loadAnnotation(id: string): Promise<void> {
  const before = answered;
  const found = await get<Annotation>(path(id));
  // A change that was answered meanwhile has told more than this knows.
  if (before === answered || annotationOf.peek() !== id) put(id, found);
}

function put(id: string, found: Annotation): void {
  versions.set(id, found.version);
  if (photoId.peek() !== id) return;
  annotation.value = found;
  annotationOf.value = id;
}

/** The strokes of a photo were changed, here or elsewhere. */
export function takeAnnotationNews(id: string, version: number): void {
  if (annotationOf.peek() !== id || sending.peek() || versions.get(id) === version) return;
  void loadAnnotation(id).catch(tellUnloaded);
}

const turns = new Turns();

type Ask = (id: string, version: number) => Promise<Annotation>;

/** Change the strokes of a photo, after the changes before; `may` is asked when it is its turn. */
function change(ask: Ask, may?: (now: Annotation) => boolean): Promise<boolean> {
  const id = annotationOf.value;
  if (!id) return Promise.resolve(false);
  sending.value = true;
  return turns.take(id, async () => {
    try {
      const now = annotationOf.peek() === id ? annotation.peek() : null;
      if (may && now && !may(now)) return false;
      const found = await ask(id, versions.get(id) ?? 0);
      answered += 1;
      put(id, found);
      return true;
    } catch (error) {
      await tellRefused(id, error);
      return false;
    } finally {
      sending.value = turns.open(id) > 1;
    }
  });
}

async function tellRefused(id: string, error: unknown): Promise<void> {
  if (!(error instanceof Refusal) || error.reason !== "changed-meanwhile") {
    tellError(error);
    return;
  }
  await loadAnnotation(id).catch(tellUnloaded);
  tell(
    "error",
    "the strokes were changed elsewhere meanwhile; you see them now. Yours was not kept.",
  );
}

export function beginAnnotation(start: "prediction" | "nothing"): Promise<boolean> {
  return change((id, version) => send<Annotation>("POST", path(id), { version, start }));
}

export function addStroke(stroke: NewStroke): Promise<boolean> {
  return change((id, version) => send("POST", `${path(id)}/strokes`, { version, stroke }));
}

export function undo(): Promise<boolean> {
  return change(
    (id, version) => send("POST", `${path(id)}/undo`, { version }),
    (now) => now.can_undo,
  );
}

export function redo(): Promise<boolean> {
  return change(
    (id, version) => send("POST", `${path(id)}/redo`, { version }),
    (now) => now.can_redo,
  );
}

/** Back to what the model found. */
export function giveUp(): Promise<boolean> {
  return change((id, version) => send("DELETE", `${path(id)}?version=${version}`));
}

/** Have a photo measured from its strokes, where they are newer than its measures. */
export async function measureStrokes(id: string): Promise<void> {
  await turns.end(id);
  try {
    const now = await get<Photo>(`/api/images/${id}`);
    if (!now.stale) return;
    await measureAnew(id);
    tell("done", `${now.name} is being measured from its strokes`);
  } catch (error) {
    tellError(error);
  }
}
