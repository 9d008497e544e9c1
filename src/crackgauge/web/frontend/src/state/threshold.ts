/** The threshold that the mask on the screen is made with; the one in force until it is moved. */
import { computed, signal } from "@preact/signals";
import { changeProject, thresholdInForce } from "./project";

const moved = signal<number | null>(null);

export const threshold = computed(() => moved.value ?? thresholdInForce.value);
export const isMoved = computed(
  () => moved.value !== null && Math.abs(moved.value - thresholdInForce.value) > 1e-6,
);

const STEP = 0.01;

export function setThreshold(value: number): void {
  moved.value = Math.min(0.99, Math.max(STEP, Math.round(value / STEP) * STEP));
}

export function nudgeThreshold(by: 1 | -1): void {
  setThreshold(threshold.peek() + by * STEP);
}

export function resetThreshold(): void {
  moved.value = null;
}

/** Measure every photo with what is on the screen. */
export async function applyThreshold(): Promise<void> {
  const wanted = Number(threshold.value.toFixed(2));
  if (await changeProject({ threshold: wanted })) moved.value = null;
}
