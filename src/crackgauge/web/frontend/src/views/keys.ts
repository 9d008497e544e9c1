/** Keys that work anywhere on the page, unless something is being typed. */
import { judge, selected } from "../state/cracks";
import { photo, step } from "../state/photos";
import { crackNumber, type Layer, showMask, toggleLayer, tracing } from "../state/place";
import { letterKeys } from "../state/theme";
import { nudgeThreshold } from "../state/threshold";
import { dialog } from "./dialogs";
import { goToCrack, stage, zoomToCrack } from "./stage_access";

type Commands = Record<string, () => void>;

const focusOn = (id: string) => document.getElementById(id)?.focus();
const decide = (decision: "accepted" | "rejected" | "open") => () => {
  if (selected.value) void judge(selected.value, { decision });
};
const layer = (name: Layer) => () => toggleLayer(name);

const nudge = (by: 1 | -1) => () => {
  showMask();
  nudgeThreshold(by);
};

const COMMANDS: Commands = {
  "?": () => (dialog.value = "help"),
  "/": () => focusOn("search"),
  "]": () => step(1),
  "[": () => step(-1),
  j: () => goToCrack(1),
  k: () => goToCrack(-1),
  a: decide("accepted"),
  r: decide("rejected"),
  o: decide("open"),
  c: () => focusOn("crack-comment"),
  f: () => stage.value?.whole(),
  "+": () => stage.value?.zoomBy(1.5),
  "=": () => stage.value?.zoomBy(1.5),
  "-": () => stage.value?.zoomBy(1 / 1.5),
  "1": layer("probability"),
  "2": layer("mask"),
  "3": layer("lines"),
  "4": layer("widths"),
  "<": nudge(-1),
  ",": nudge(-1),
  ">": nudge(1),
  ".": nudge(1),
  t: () => {
    const state = photo.value?.state;
    if (state === "new" || state === "done") tracing.value = !tracing.value;
  },
  Escape: () => (crackNumber.value = null),
  Enter: () => selected.value && zoomToCrack(selected.value),
};

/** Commands of a mode that come before the others; what they do not know goes on to those. */
export const modes: { take: (event: KeyboardEvent) => boolean }[] = [];

function isTyped(event: KeyboardEvent): boolean {
  const at = event.target as HTMLElement;
  if (at.closest("dialog")) return true;
  if (at instanceof HTMLInputElement) return at.type !== "range" && at.type !== "checkbox";
  return at instanceof HTMLTextAreaElement || at instanceof HTMLSelectElement;
}

export function listenToKeys(): void {
  window.addEventListener("keydown", (event) => {
    if (isTyped(event) || event.altKey) return;
    if (modes.some((mode) => mode.take(event))) {
      event.preventDefault();
      return;
    }
    if (event.ctrlKey || event.metaKey) return;
    const isButton = event.target instanceof HTMLButtonElement;
    if (event.key === "Enter" && isButton) return;
    if (event.key.length === 1 && letterKeys.value === "off") return;
    const command = COMMANDS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!command || dialog.value) return;
    event.preventDefault();
    command();
  });
}
