/** Photos are added by a button, or dropped anywhere on the page. */
import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { filesOf } from "../state/dropped";
import { tell, tellError } from "../state/notices";
import { addPhotos } from "../state/uploads";
import { Icon } from "./icons";

const KINDS = ".jpg,.jpeg,.png,.tif,.tiff,.webp,.bmp";
const dragging = signal(false);

export function AddPhotos() {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <button type="button" class="quiet" onClick={() => input.current?.click()}>
        <Icon name="add" />
        Add photos
      </button>
      <input
        ref={input}
        class="unseen"
        id="add-photos"
        type="file"
        accept={KINDS}
        multiple
        tabIndex={-1}
        aria-label="Photos to add"
        onChange={(event) => {
          void addPhotos([...(event.currentTarget.files ?? [])]);
          event.currentTarget.value = "";
        }}
      />
    </>
  );
}

async function addDropped(dropped: DataTransfer): Promise<void> {
  try {
    const files = await filesOf(dropped);
    if (files.length) await addPhotos(files);
    else tell("error", "no photo was found in what was dropped: JPEG, PNG, TIFF, WebP or BMP");
  } catch (error) {
    tellError(error);
  }
}

/** The whole page takes photos that are dropped on it. */
export function DropZone() {
  useEffect(() => {
    const withFiles = (event: DragEvent) => event.dataTransfer?.types.includes("Files") ?? false;
    const over = (event: DragEvent) => {
      if (!withFiles(event)) return;
      event.preventDefault();
      dragging.value = true;
    };
    const leave = (event: DragEvent) => {
      if (!event.relatedTarget) dragging.value = false;
    };
    const drop = (event: DragEvent) => {
      if (!withFiles(event)) return;
      event.preventDefault();
      dragging.value = false;
      if (event.dataTransfer) void addDropped(event.dataTransfer);
    };
    window.addEventListener("dragover", over);
    window.addEventListener("dragleave", leave);
    window.addEventListener("drop", drop);
    return () => {
      window.removeEventListener("dragover", over);
      window.removeEventListener("dragleave", leave);
      window.removeEventListener("drop", drop);
    };
  }, []);
  return dragging.value ? (
    <div class="drop">Drop photos, or a folder of them, to add them</div>
  ) : null;
}
