/** Datasets of corrected photos, and trainings on them. */
import { computed, effect, signal } from "@preact/signals";
import { get, send } from "../api/client";
import type { Dataset, Job, Training } from "../api/types";
import { jobs } from "./jobs";
import { tell, tellError, tellUnloaded } from "./notices";
import { photos } from "./photos";

export const datasets = signal<Dataset[]>([]);
export const trainings = signal<Training[]>([]);

/** Photos that a dataset would hold: corrected by hand, or with all their cracks judged. */
export const learnable = computed(
  () =>
    photos.value.filter((photo) => {
      const judged = (photo.counts["accepted"] ?? 0) + (photo.counts["rejected"] ?? 0);
      return photo.corrected || photo.stale || (judged > 0 && !photo.counts["open"]);
    }).length,
);

export async function loadTraining(): Promise<void> {
  [datasets.value, trainings.value] = await Promise.all([
    get<Dataset[]>("/api/datasets"),
    get<Training[]>("/api/trainings"),
  ]);
}

export function takeTrainingNews(news: Training): void {
  const known = trainings.value.some((each) => each.id === news.id);
  if (!known) void loadTraining().catch(tellUnloaded);
  trainings.value = trainings.value.map((each) => (each.id === news.id ? news : each));
}

/** Jobs that write a dataset; when one has ended, it is there. */
const writing = computed(
  () => [...jobs.value.values()].filter((each) => each.kind === "dataset").length,
);
let before = 0;
effect(() => {
  if (writing.value < before) void loadTraining().catch(tellUnloaded);
  before = writing.value;
});

async function did(what: Promise<unknown>, words?: string): Promise<void> {
  try {
    await what;
    if (words) tell("done", words);
    await loadTraining();
  } catch (error) {
    tellError(error);
  }
}

export function makeDataset(name: string, valShare: number): Promise<void> {
  const wanted = { name, val_share: valShare, seed: 0 };
  return did(send<Job>("POST", "/api/datasets", wanted), "the dataset is being written");
}

export function removeDataset(id: string): Promise<void> {
  return did(send("DELETE", `/api/datasets/${id}`));
}

export function train(dataset: string, epochs: number | null): Promise<void> {
  const wanted = { dataset, ...(epochs ? { epochs } : {}) };
  return did(send<Job>("POST", "/api/trainings", wanted), "the training waits for its turn");
}

export function stopTraining(id: string): Promise<void> {
  return did(send("DELETE", `/api/trainings/${id}`));
}

export function resumeTraining(id: string): Promise<void> {
  return did(send("POST", `/api/trainings/${id}/resume`, {}));
}
