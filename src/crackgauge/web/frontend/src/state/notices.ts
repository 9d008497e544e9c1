/** What the page tells the inspector: sentences that come and go, and progress read aloud. */
import { signal } from "@preact/signals";
import { Refusal } from "../api/client";

export interface Notice {
  id: number;
  kind: "error" | "done";
  text: string;
  /** Something that can be done about it. */
  action?: { label: string; run: () => void };
}

export const notices = signal<Notice[]>([]);
/** Said to screen readers only. */
export const spoken = signal("");

const STAYS_MS = { error: 15_000, done: 5_000 };
let last = 0;

export function tell(kind: Notice["kind"], text: string, action?: Notice["action"]): void {
  const id = ++last;
  // A sentence begins with a capital letter, unless it begins with the name of a file.
  const isName = /^\S*[._\d]/.test(text);
  const sentence = isName ? text : text.charAt(0).toUpperCase() + text.slice(1);
  const same = notices.value.filter((each) => each.text !== sentence);
  notices.value = [...same.slice(-3), { id, kind, text: sentence, ...(action ? { action } : {}) }];
  // What can still be done about stays until it is done or dismissed.
  if (!action) window.setTimeout(() => dismiss(id), STAYS_MS[kind]);
}

/** Tell what went wrong, in the server's own sentence. */
export function tellError(error: unknown, action?: Notice["action"]): void {
  if (error instanceof DOMException && error.name === "AbortError") return;
  tell("error", error instanceof Error ? error.message : String(error), action);
}

/** Something could not be loaded. Where the server is gone, the page says so, and loads it later. */
export function tellUnloaded(error: unknown): void {
  if (!(error instanceof Refusal) || error.status !== 0) tellError(error);
}

export function dismiss(id: number): void {
  notices.value = notices.value.filter((each) => each.id !== id);
}

export function speak(text: string): void {
  spoken.value = text;
}
