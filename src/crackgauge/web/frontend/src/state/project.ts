/** The project, its settings, and whether the server is there. */
import { computed, signal } from "@preact/signals";
import { get, Refusal, send } from "../api/client";
import type { ProjectState, Session, StandardInfo } from "../api/types";
import { tell, tellError, tellUnloaded } from "./notices";

export const session = signal<Session | null>(null);
export const project = signal<ProjectState | null>(null);
export const standards = signal<StandardInfo[]>([]);
/** `asked`: not known yet whether the server is there. */
export const connection = signal<"asked" | "there" | "lost" | "token">("asked");

/** Classes of the standard in force, from the mildest on; none without a standard. */
export const classes = computed<string[]>(
  () => standards.value.find((each) => each.name === project.value?.standard)?.classes ?? [],
);
/** The threshold that masks are made with. */
export const thresholdInForce = computed(
  () => project.value?.threshold ?? project.value?.model.threshold ?? 0.5,
);

export async function loadProject(): Promise<void> {
  project.value = await get<ProjectState>("/api/project");
  if (!standards.value.length) standards.value = await get<StandardInfo[]>("/api/standards");
}

export type Settings = Partial<Pick<ProjectState, "mm_per_px" | "standard" | "threshold">>;

/** Change settings; every photo that is done is measured anew. Returns whether it was done. */
export async function changeProject(changes: Settings): Promise<boolean> {
  const now = project.value;
  if (!now) return false;
  try {
    project.value = await send<ProjectState>("PATCH", "/api/project", {
      version: now.version,
      ...changes,
    });
    tell("done", "kept; the photos are measured anew");
    return true;
  } catch (error) {
    if (error instanceof Refusal && error.status === 409) {
      await loadProject().catch(tellUnloaded);
      tell(
        "error",
        "the settings were changed elsewhere meanwhile; you see them now. Yours were not kept.",
        { label: "Use mine", run: () => void changeProject(changes) },
      );
    } else tellError(error);
    return false;
  }
}
