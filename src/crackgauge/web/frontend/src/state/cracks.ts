/** The cracks of the photo that is open: their table, their lines, and what is said about them. */
import { batch, computed, signal } from "@preact/signals";
import { get, Refusal, send } from "../api/client";
import type { Crack, Cracks, Decision, Line } from "../api/types";
import { tell, tellError, tellUnloaded } from "./notices";
import { refreshPhotoSoon } from "./photos";
import { crackNumber, photoId } from "./place";
import { Turns } from "./turns";

export const cracks = signal<Crack[]>([]);
export const lines = signal<Line[]>([]);
/** Id of the photo that they belong to. */
export const cracksOf = signal<string | null>(null);
/** Number of the crack that the pointer is on. */
export const pointedAt = signal<number | null>(null);

export type Column = "number" | "severity" | "width" | "length" | "decision";
export const sorting = signal<{ by: Column; down: boolean }>({ by: "severity", down: true });

/** Those of the photo that is open; none while they are loaded. */
const own = computed<Crack[]>(() => (cracksOf.value === photoId.value ? cracks.value : []));

export const selected = computed<Crack | null>(
  () => own.value.find((each) => each.number === crackNumber.value) ?? null,
);

export const sorted = computed<Crack[]>(() => {
  const { by, down } = sorting.value;
  const sign = down ? -1 : 1;
  return [...own.value].sort(
    (a, b) => sign * compared(a, b, by) || measure(b, "width_max_px") - measure(a, "width_max_px"),
  );
});

/** A number of the crack's row; -1 where it has none. */
export function measure(crack: Crack, name: string): number {
  const value = crack.measures[name];
  return typeof value === "number" ? value : -1;
}

const DECISIONS: Decision[] = ["open", "accepted", "rejected"];

function compared(a: Crack, b: Crack, by: Column): number {
  switch (by) {
    case "number":
      return a.number - b.number;
    case "severity":
      return measure(a, "severity_rank") - measure(b, "severity_rank");
    case "width":
      return measure(a, "width_max_px") - measure(b, "width_max_px");
    case "length":
      return measure(a, "length_px") - measure(b, "length_px");
    case "decision":
      return DECISIONS.indexOf(a.decision) - DECISIONS.indexOf(b.decision);
  }
}

let asked = 0;

export async function loadCracks(id: string, searched: boolean): Promise<void> {
  const mine = ++asked;
  if (!searched) {
    if (photoId.value === id) put(id, [], []);
    return;
  }
  const [table, found] = await Promise.all([
    get<Cracks>(`/api/images/${id}/cracks`),
    get<Line[]>(`/api/images/${id}/lines`),
  ]);
  if (photoId.value === id && mine === asked) put(id, table.items, found);
}

function put(id: string, table: Crack[], found: Line[]): void {
  const isSame = cracksOf.peek() === id;
  const chosen = isSame ? selected.peek() : null;
  const known = new Map(isSame ? cracks.peek().map((each) => [each.id, each]) : []);
  batch(() => {
    cracks.value = table.map((each) => withWordsOf(known.get(each.id), each));
    lines.value = found;
    cracksOf.value = id;
    if (!isSame) pointedAt.value = null;
    // Measured anew, cracks are numbered anew: the one that was chosen stays chosen.
    if (chosen) crackNumber.value = table.find((each) => each.id === chosen.id)?.number ?? null;
  });
}

/** A crack as it was loaded, with what was said about it meanwhile. */
function withWordsOf(known: Crack | undefined, fresh: Crack): Crack {
  if (!known || (known.version <= fresh.version && !turns.open(fresh.id))) return fresh;
  const version = Math.max(known.version, fresh.version);
  return { ...fresh, version, decision: known.decision, comment: known.comment };
}

/** One crack was changed, here or elsewhere. */
export async function refreshCrack(id: string): Promise<void> {
  if (!cracks.value.some((each) => each.id === id)) return;
  replace(await get<Crack>(`/api/cracks/${id}`));
}

/** Put a crack in its place, unless what is there is newer. */
function replace(fresh: Crack): void {
  cracks.value = cracks.value.map((each) =>
    each.id === fresh.id && fresh.version >= each.version ? fresh : each,
  );
}

/** Go to the next crack of the table, or the one before. */
export function stepCrack(by: 1 | -1): Crack | null {
  const list = sorted.value;
  const at = list.findIndex((each) => each.number === crackNumber.value);
  const next = list[at < 0 ? 0 : Math.min(Math.max(at + by, 0), list.length - 1)];
  if (next) crackNumber.value = next.number;
  return next ?? null;
}

interface Change {
  decision?: Decision;
  comment?: string;
}

const turns = new Turns();

/** Say something about a crack. It is shown at once, and taken back where the server refuses. */
export function judge(crack: Crack, change: Change): Promise<void> {
  const before = cracks.value.find((each) => each.id === crack.id) ?? crack;
  replace({ ...before, ...change });
  return turns.take(crack.id, () => keep(before, change));
}

async function keep(before: Crack, change: Change): Promise<void> {
  // What was said before this has been answered: its version is the one to name.
  const now = cracks.value.find((each) => each.id === before.id) ?? before;
  try {
    const kept = await send<Crack>("PATCH", `/api/cracks/${now.id}`, {
      version: now.version,
      ...change,
    });
    const shown = cracks.value.find((each) => each.id === now.id);
    // A further change is shown already, and will be answered next.
    const isLast = turns.open(now.id) < 2 || !shown;
    replace(isLast ? kept : { ...kept, decision: shown.decision, comment: shown.comment });
    refreshPhotoSoon(now.image);
  } catch (error) {
    replace({ ...now, decision: before.decision, comment: before.comment });
    if (error instanceof Refusal && error.status === 409) await tellConflict(now, change);
    else if (error instanceof Refusal && error.status === 0) {
      const action = { label: "Try again", run: () => void judge(now, change) };
      tell("error", `crack ${now.number} was not changed: ${error.message}`, action);
    } else tellError(error);
  }
}

async function tellConflict(before: Crack, change: Change): Promise<void> {
  await refreshCrack(before.id).catch(tellUnloaded);
  const now = cracks.value.find((each) => each.id === before.id);
  if (!now) return;
  const comment = now.comment ? `, with the comment “${now.comment}”` : "";
  tell(
    "error",
    `crack ${now.number} was changed elsewhere meanwhile: it is ${now.decision} now${comment}. ` +
      "Yours was not kept.",
    { label: "Use mine", run: () => void judge(now, change) },
  );
}
