/** One dialog at a time, in the browser's own element: it keeps the focus and closes with Escape. */
import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Icon } from "./icons";
import { Notices } from "./notices";

export type DialogName = "settings" | "export" | "train" | "help" | "scale";
export const dialog = signal<DialogName | null>(null);

export function Dialog(props: { title: string; wide?: boolean; children: ComponentChildren }) {
  const element = useRef<HTMLDialogElement>(null);
  const pressed = useRef<EventTarget | null>(null);
  useEffect(() => {
    const shown = element.current!;
    if (!shown.open) shown.showModal();
    return () => shown.close();
  }, []);
  return (
    <dialog
      ref={element}
      class={props.wide ? "wide" : ""}
      aria-labelledby="dialog-title"
      onClose={() => (dialog.value = null)}
      onPointerDown={(event) => (pressed.current = event.target)}
      onClick={(event) => {
        // Beside it; not where a text was marked in it and the mouse let go beside it.
        const isBeside = event.target === element.current && pressed.current === element.current;
        if (isBeside) dialog.value = null;
      }}
    >
      <div class="dialog-body">
        <div class="dialog-head">
          <h2 id="dialog-title">{props.title}</h2>
          <button
            type="button"
            class="bare"
            aria-label="Close"
            onClick={() => (dialog.value = null)}
          >
            <Icon name="cross" />
          </button>
        </div>
        {props.children}
      </div>
      <Notices />
    </dialog>
  );
}
