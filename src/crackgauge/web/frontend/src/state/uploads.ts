/** Photos on their way to the server. */
import { effect, signal } from "@preact/signals";
import { Refusal, upload } from "../api/client";
import { tell, tellError } from "./notices";
import { findCracks, refreshPhotoSoon } from "./photos";

export interface Upload {
  name: string;
  share: number;
}

export const uploads = signal<Upload[]>([]);
/** How many were to be added since none was. */
export const total = signal(0);

let queue: File[] = [];
let running = false;

/** Upload photos one after the other, then have their cracks found. */
export async function addPhotos(files: Iterable<File>): Promise<void> {
  const before = queue.length;
  queue.push(...files);
  total.value += queue.length - before;
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
  total.value = 0;
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
    if (error instanceof Refusal && error.status === 0) giveBack(file, error);
    else tellError(new Error(`${file.name}: ${error instanceof Error ? error.message : error}`));
    return null;
  }
}

/** The server is gone: the others would not arrive either. */
function giveBack(file: File, error: Refusal): void {
  const unsent = [file, ...queue];
  queue = [];
  const more = unsent.length > 1 ? ` and ${unsent.length - 1} more` : "";
  tell("error", `${file.name}${more}: not added; ${error.message}`, {
    label: "Try again",
    run: () => void addPhotos(unsent),
  });
}

export function left(): number {
  return queue.length;
}

// What was not sent yet is known to this page only.
const ask = (event: BeforeUnloadEvent) => event.preventDefault();
effect(() => {
  if (uploads.value.length) window.addEventListener("beforeunload", ask);
  else window.removeEventListener("beforeunload", ask);
});
