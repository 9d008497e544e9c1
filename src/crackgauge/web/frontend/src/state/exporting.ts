/** Reports and exports: written by the server, then downloaded. */
import { effect, signal } from "@preact/signals";
import { get, send } from "../api/client";
import type { Job } from "../api/types";
import { jobs } from "./jobs";
import { tellError, tellUnloaded } from "./notices";

export interface ExportFile {
  name: string;
  bytes: number;
}

/** The newest first. */
export const exported = signal<Job[]>([]);
const KEPT = 5;

export async function loadExports(): Promise<void> {
  const all = await get<Job[]>("/api/jobs?count=1000");
  exported.value = all.filter((each) => each.kind === "export").slice(0, KEPT);
}

export async function beginExport(formats: string[]): Promise<void> {
  try {
    await send<Job>("POST", "/api/exports", { formats });
    await loadExports();
  } catch (error) {
    tellError(error);
  }
}

export function filesOf(job: Job): ExportFile[] {
  const files = job.result["files"];
  return Array.isArray(files) ? (files as ExportFile[]) : [];
}

export function isOpen(job: Job): boolean {
  return job.state === "queued" || job.state === "running";
}

const AGAIN_MS = 500;
let again = 0;

// An export that was seen waiting or running has ended when it is no job of the queue any more.
// What was heard of it may also come before what was asked for: then it is asked for again.
effect(() => {
  const open = jobs.value;
  const isOver = exported.value.some((each) => isOpen(each) && !open.has(each.id));
  if (!isOver || again) return;
  again = window.setTimeout(() => {
    again = 0;
    void loadExports().catch(tellUnloaded);
  }, AGAIN_MS);
});
