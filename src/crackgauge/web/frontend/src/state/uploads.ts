/** Photos on their way to the server. */
import { signal } from "@preact/signals";
import { upload } from "../api/client";
import { tell, tellError } from "./notices";
import { findCracks, refreshPhotoSoon } from "./photos";

export interface Upload {
  name: string;
  share: number;
}

export const uploads = signal<Upload[]>([]);
export const total = signal(0);

const queue: File[] = [];
let running = false;

/** Upload photos one after the other, then have their cracks found. */
export async function addPhotos(files: Iterable<File>): Promise<void> {
  queue.push(...files);
  total.value = queue.length;
  if (running) return;
  running = true;
  const added: string[] = [];
  for (let file = queue.shift(); file; file = queue.shift()) {
    const id = await one(file);
    if (!id) continue;
    added.push(id);
    refreshPhotoSoon(id);
  }
  running = false;
  uploads.value = [];
  if (!added.length) return;
  tell("done", added.length === 1 ? "one photo was added" : `${added.length} photos were added`);
  await findCracks(added);
}

async function one(file: File): Promise<string | null> {
  const show = (share: number) => (uploads.value = [{ name: file.name, share }]);
  show(0);
  try {
    return (await upload(file, show)).id;
  } catch (error) {
    tellError(new Error(`${file.name}: ${error instanceof Error ? error.message : String(error)}`));
    return null;
  }
}

export function left(): number {
  return queue.length;
}
