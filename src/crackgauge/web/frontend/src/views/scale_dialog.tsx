/** How many millimetres a pixel covers: by number, by two points, by a marker in the photo. */
import { useState } from "preact/hooks";
import type { Photo, Scale } from "../api/types";
import { tell } from "../state/notices";
import { changePhoto, photo } from "../state/photos";
import { changeProject, project } from "../state/project";
import { Dialog, dialog } from "./dialogs";
import { beginMeasuring } from "./two_points";
import { number, scaleOf } from "./words";

type Way = "number" | "points" | "marker" | "project";
const WAYS: [Way, string, string][] = [
  ["points", "Two points", "Click the ends of a length that you know, such as a ruler."],
  ["number", "A number", "Millimetres on the surface that one pixel covers."],
  ["marker", "A marker", "An ArUco marker in the photo, whose side you know."],
  ["project", "As the project", "No scale of its own."],
];

function wayOf(of: Photo): Way {
  if (of.scale?.marker_mm) return "marker";
  if (of.scale?.mm_per_px) return "number";
  return "points";
}

export function ScaleDialog() {
  const now = photo.value;
  if (!now) return null;
  return <ScaleForm photo={now} />;
}

function ScaleForm({ photo: now }: { photo: Photo }) {
  const [way, setWay] = useState<Way>(wayOf(now));
  const [value, setValue] = useState(
    String(now.scale?.mm_per_px ?? now.scale?.marker_mm ?? project.value?.mm_per_px ?? ""),
  );
  const [forAll, setForAll] = useState(false);
  const amount = Number(value.replace(",", "."));
  const isAmount = Number.isFinite(amount) && amount > 0;

  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    if (way === "points") {
      beginMeasuring();
      dialog.value = null;
      return;
    }
    const done =
      way === "number" && forAll
        ? await changeProject({ mm_per_px: amount })
        : await keepScale(now.id, scaleBy(way, amount));
    if (done) dialog.value = null;
  };
  return (
    <Dialog title={`Scale of ${now.name}`}>
      <p class="muted">Now: {scaleOf(now)}</p>
      <form class="form" onSubmit={(event) => void submit(event)}>
        <fieldset>
          <legend class="unseen">How the scale is known</legend>
          {WAYS.map(([name, words, explained]) => (
            <label key={name} class="choice">
              <input
                type="radio"
                name="way"
                value={name}
                checked={way === name}
                onChange={() => setWay(name)}
              />
              <span>
                <b>{words}</b>
                <span class="muted">{explained}</span>
              </span>
            </label>
          ))}
        </fieldset>
        {(way === "number" || way === "marker") && (
          <label class="field">
            <span>{way === "number" ? "mm per pixel" : "Side of the marker in mm"}</span>
            <input
              id="scale-value"
              type="text"
              inputMode="decimal"
              value={value}
              onInput={(event) => setValue(event.currentTarget.value)}
            />
          </label>
        )}
        {way === "number" && (
          <label class="check">
            <input
              type="checkbox"
              checked={forAll}
              onChange={(event) => setForAll(event.currentTarget.checked)}
            />
            For every photo that has no scale of its own
            {project.value?.mm_per_px && ` (${number(project.value.mm_per_px, 4)} mm/px now)`}
          </label>
        )}
        <div class="actions">
          <button
            type="submit"
            class="main"
            disabled={(way === "number" || way === "marker") && !isAmount}
          >
            {way === "points" ? "Choose the points" : "Use it"}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

function scaleBy(way: Way, amount: number): Scale | null {
  if (way === "number") return { mm_per_px: amount };
  return way === "marker" ? { marker_mm: amount } : null;
}

/** Keep a photo's own scale; it is measured anew. */
export async function keepScale(id: string, scale: Scale | null): Promise<boolean> {
  const done = await changePhoto(id, { scale });
  if (done) tell("done", "kept; the photo is measured anew");
  return done;
}
