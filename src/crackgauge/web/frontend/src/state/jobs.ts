/** What the server is working on. */
import { computed, signal } from "@preact/signals";
import { get, send } from "../api/client";
import type { Job, JobNews } from "../api/types";
import { speak, tell, tellError } from "./notices";
import { photos } from "./photos";

/** Jobs that wait or run, by id. */
export const jobs = signal<ReadonlyMap<string, JobNews>>(new Map());
/** How many ended since the queue was last empty. */
export const ended = signal(0);
/** Large photos whose small copies were made, by id. */
export const prepared = signal<ReadonlySet<string>>(new Set());

const WORDS: Record<string, string> = {
  find: "Finding cracks",
  measure: "Measuring",
  coarse: "Preparing a large photo",
  export: "Writing the report",
  dataset: "Writing the dataset",
  train: "Training",
};

export const progress = computed(() => {
  const open = [...jobs.value.values()];
  const first = open.find((each) => each.state === "running") ?? open[0];
  if (!first) return null;
  const total = open.length + ended.value;
  const share = open.reduce((sum, each) => sum + each.share, ended.value) / total;
  return {
    words: WORDS[first.kind] ?? first.kind,
    done: ended.value,
    total,
    share,
    canStop: open.some(isStopped),
  };
});

/** Trainings have a button of their own. */
const isStopped = (job: JobNews) => job.kind !== "train";

const isOpen = (job: JobNews) => job.state === "queued" || job.state === "running";

export async function loadJobs(): Promise<void> {
  const newest = await get<Job[]>("/api/jobs?count=1000");
  jobs.value = new Map(newest.filter(isOpen).map((each) => [each.id, each]));
  if (!jobs.value.size) ended.value = 0;
  notePrepared(newest);
}

function notePrepared(all: Pick<Job, "kind" | "state" | "image">[]): void {
  const done = all.filter(({ kind, state }) => kind === "coarse" && state === "done");
  if (done.length)
    prepared.value = new Set([...prepared.value, ...done.map((each) => each.image!)]);
}

/** A job was queued, went on, or ended. Returns whether its state is another than before. */
export function takeNews(news: JobNews): boolean {
  const now = new Map(jobs.value);
  const isOther = now.get(news.id)?.state !== news.state;
  if (isOpen(news)) now.set(news.id, news);
  else {
    if (now.delete(news.id)) ended.value += 1;
    if (news.state === "failed") void tellFailure(news.id);
    notePrepared([news]);
  }
  if (!now.size && ended.value) {
    speak(`All ${ended.value} jobs have ended`);
    ended.value = 0;
  }
  jobs.value = now;
  return isOther;
}

export const isOver = (news: JobNews) => !isOpen(news);

async function tellFailure(id: string): Promise<void> {
  try {
    const job = await get<Job>(`/api/jobs/${id}`);
    const name = photos.value.find((each) => each.id === job.image)?.name;
    const sentence = job.sentence || "this job failed without a reason";
    tell("error", name ? `${name}: ${sentence}` : sentence);
  } catch (error) {
    tellError(error);
  }
}

/** Stop everything but trainings. */
export async function cancelAll(): Promise<void> {
  for (const [id, job] of jobs.value) {
    if (!isStopped(job)) continue;
    try {
      await send("DELETE", `/api/jobs/${id}`);
    } catch {
      // It ended meanwhile.
    }
  }
}
