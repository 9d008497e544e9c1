/** The photos: the list, what is searched in it, and the one that is open. */
import { computed, signal } from "@preact/signals";
import { get, Refusal, send } from "../api/client";
import type { Job, Photo, Photos, Scale } from "../api/types";
import { firstPicture } from "./first_picture";
import { tell, tellError, tellUnloaded } from "./notices";
import { openPhoto, photoId } from "./place";
import { Turns } from "./turns";

export const photos = signal<Photo[]>([]);
export const loaded = signal(false);
export const order = signal<"worst" | "name">("worst");
export const search = signal("");
export type Filter = "all" | "open" | "cracks" | "new" | "aside";
export const filter = signal<Filter>("all");

const PAGE = 1000;
/** So few are asked for first, for the first photo to be seen soon. */
const FIRST_PAGE = 40;

export const shown = computed<Photo[]>(() => {
  const words = search.value.trim().toLowerCase();
  return photos.value.filter(
    (photo) => (!words || photo.name.toLowerCase().includes(words)) && passes(photo, filter.value),
  );
});

export const photo = computed<Photo | null>(
  () => photos.value.find((each) => each.id === photoId.value) ?? null,
);

function passes(each: Photo, wanted: Filter): boolean {
  switch (wanted) {
    case "all":
      return true;
    case "open":
      return (each.counts["open"] ?? 0) > 0;
    case "cracks":
      return crackCount(each) > 0;
    case "new":
      return each.state === "new";
    case "aside":
      return each.state === "set-aside" || each.state === "missing";
  }
}

/** Cracks that were not rejected. */
export function crackCount(each: Photo): number {
  return (each.counts["open"] ?? 0) + (each.counts["accepted"] ?? 0);
}

let loading: Promise<void> | null = null;
let wantedAgain = false;

/** Load the list; calls while it is being loaded make it be loaded once more. */
export function loadPhotos(): Promise<void> {
  if (loading) {
    wantedAgain = true;
    return loading;
  }
  loading = loadAll().finally(() => {
    loading = null;
    if (wantedAgain) {
      wantedAgain = false;
      window.setTimeout(() => void loadPhotos().catch(tellUnloaded), 500);
    }
  });
  return loading;
}

async function loadAll(): Promise<void> {
  const found: Photo[] = [];
  for (let total = 1; found.length < total;) {
    const count = loaded.value || found.length ? PAGE : FIRST_PAGE;
    const page = await get<Photos>(
      `/api/images?order=${order.value}&offset=${found.length}&count=${count}`,
    );
    found.push(...page.items);
    total = page.items.length ? page.total : 0;
    if (loaded.value || found.length >= total) continue;
    photos.value = found.slice();
    if (!photoId.value && found[0]) openPhoto(found[0].id);
    await firstPicture;
  }
  const known = new Map(photos.value.map((each) => [each.id, each]));
  photos.value = found.map((each) => newer(known.get(each.id), each));
  loaded.value = true;
  if (!found.some((each) => each.id === photoId.value) && found[0]) openPhoto(found[0].id);
}

const AT_ONCE_MS = 150;
const IN_ORDER_MS = 2500;
const ONE_BY_ONE = 12;

const changed = new Set<string>();
let soon = 0;
let inOrder = 0;

/** A photo was changed: load it soon; many of them at once, as the list. */
export function refreshPhotoSoon(id: string): void {
  changed.add(id);
  soon ||= window.setTimeout(() => {
    soon = 0;
    const ids = [...changed].filter((each) => photos.value.some((known) => known.id === each));
    const isNew = ids.length < changed.size;
    changed.clear();
    const loading =
      isNew || ids.length > ONE_BY_ONE ? loadPhotos() : Promise.all(ids.map(refreshPhoto));
    loading.catch(tellUnloaded);
  }, AT_ONCE_MS);
}

/** Load the list now and then while photos are searched, so that the worst come first. */
export function refreshOrder(): void {
  inOrder ||= window.setTimeout(() => {
    inOrder = 0;
    void loadPhotos().catch(tellUnloaded);
  }, IN_ORDER_MS);
}

export async function refreshPhoto(id: string): Promise<void> {
  replace(await get<Photo>(`/api/images/${id}`));
}

function replace(fresh: Photo): void {
  photos.value = photos.value.map((each) => (each.id === fresh.id ? newer(each, fresh) : each));
}

/** What was asked for before a change may be answered after it. */
function newer(known: Photo | undefined, fresh: Photo): Photo {
  return known && known.version > fresh.version ? known : fresh;
}

/** Go to the next photo of the list, or the one before. */
export function step(by: 1 | -1): void {
  const list = shown.value;
  const at = list.findIndex((each) => each.id === photoId.value);
  const next = list[at < 0 ? 0 : Math.min(Math.max(at + by, 0), list.length - 1)];
  if (next) openPhoto(next.id);
}

const turns = new Turns();

interface PhotoChange {
  comment?: string;
  scale?: Scale | null;
}

export function changePhoto(id: string, changes: PhotoChange): Promise<boolean> {
  return turns.take(id, () => keepPhoto(id, changes));
}

async function keepPhoto(id: string, changes: PhotoChange): Promise<boolean> {
  const now = photos.value.find((each) => each.id === id);
  if (!now) return false;
  try {
    replace(await send<Photo>("PATCH", `/api/images/${id}`, { version: now.version, ...changes }));
    return true;
  } catch (error) {
    if (error instanceof Refusal && error.status === 409) {
      await refreshPhoto(id).catch(tellUnloaded);
      tell(
        "error",
        `${now.name} was changed elsewhere meanwhile; you see it as it is now. Yours was not kept.`,
        { label: "Use mine", run: () => void changePhoto(id, changes) },
      );
    } else tellError(error);
    return false;
  }
}

/** Have cracks found in these photos, or in every photo that was not searched yet. */
export async function findCracks(ids: string[] | "new"): Promise<void> {
  try {
    const jobs = await send<Job[]>("POST", "/api/jobs", {
      kind: "find",
      images: ids === "new" ? [] : ids,
      all: ids === "new",
    });
    if (!jobs.length) tell("done", "every photo was searched already");
  } catch (error) {
    tellError(error);
  }
}

/** Have a photo measured anew. */
export async function measureAnew(id: string): Promise<void> {
  await send("POST", "/api/jobs", { kind: "measure", images: [id] });
}
