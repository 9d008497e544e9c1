/** Light or dark, and other habits of this browser. */
import { effect, signal, type Signal } from "@preact/signals";

function kept<T extends string>(name: string, start: T): Signal<T> {
  const value = signal((window.localStorage.getItem(name) as T | null) ?? start);
  effect(() => window.localStorage.setItem(name, value.value));
  return value;
}

export type Theme = "system" | "light" | "dark";
export const theme = kept<Theme>("theme", "system");
/** Whether single letters are commands; who speaks to the computer switches them off. */
export const letterKeys = kept<"on" | "off">("letterKeys", "on");

effect(() => {
  document.documentElement.dataset["theme"] = theme.value;
});
