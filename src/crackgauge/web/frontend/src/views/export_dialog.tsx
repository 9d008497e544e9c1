/** The report and every other format, written for all photos and downloaded. */
import { useEffect, useState } from "preact/hooks";
import type { Job } from "../api/types";
import { beginExport, exported, filesOf, isOpen, loadExports } from "../state/exporting";
import { jobs } from "../state/jobs";
import { tellUnloaded } from "../state/notices";
import { photos } from "../state/photos";
import { session } from "../state/project";
import { Dialog } from "./dialogs";
import { Icon } from "./icons";
import { bytes, plural } from "./words";

const FIRST = new Set(["html", "csv"]);

export function ExportDialog() {
  const formats = Object.entries(session.value?.formats ?? {});
  const [chosen, setChosen] = useState<ReadonlySet<string>>(FIRST);
  useEffect(() => void loadExports().catch(tellUnloaded), []);
  const done = photos.value.filter((each) => each.state === "done").length;
  const left = photos.value.length - done;
  const open = photos.value.reduce((sum, each) => sum + (each.counts["open"] ?? 0), 0);
  const toggle = (name: string) => {
    const next = new Set(chosen);
    if (!next.delete(name)) next.add(name);
    setChosen(next);
  };
  return (
    <Dialog title="Report and exports" wide>
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          void beginExport([...chosen]);
        }}
      >
        <fieldset class="formats">
          <legend class="unseen">Formats</legend>
          {formats.map(([name, words]) => (
            <label key={name} class="choice">
              <input
                type="checkbox"
                name={name}
                checked={chosen.has(name)}
                onChange={() => toggle(name)}
              />
              <span>
                <b>{name.toUpperCase()}</b>
                <span class="muted">{words}</span>
              </span>
            </label>
          ))}
        </fieldset>
        <p class="muted">{holding(done, left, open)}</p>
        <div class="actions">
          <button type="submit" class="main" disabled={!chosen.size || !done}>
            Write
          </button>
        </div>
      </form>
      {exported.value.length > 0 && (
        <section aria-label="Written" aria-live="polite">
          <h3>Written, the newest first</h3>
          <ul class="exports">
            {exported.value.map((job) => (
              <Written key={job.id} job={job} />
            ))}
          </ul>
        </section>
      )}
    </Dialog>
  );
}

/** What an export of now would hold. */
function holding(done: number, left: number, open: number): string {
  if (!done) return "No photo was searched yet: find their cracks first.";
  const rest = left > 0 ? `, ${left} not or set aside` : "";
  const judged = open > 0 ? `${plural(open, "crack")} still to judge` : "every crack is judged";
  return (
    `${plural(done, "photo")} searched${rest}; ${judged}. Rejected cracks are left out; ` +
    "review.csv lists every decision."
  );
}

function Written({ job }: { job: Job }) {
  if (isOpen(job)) {
    const share = jobs.value.get(job.id)?.share ?? job.share;
    return (
      <li>
        <progress value={share} aria-label="Writing the export" /> being written …
      </li>
    );
  }
  if (job.state !== "done") return <li class="refused">{job.sentence || job.state}</li>;
  const files = filesOf(job);
  const size = Number(job.result["archive"] ?? 0);
  const kinds = [...new Set(files.map(({ name }) => name.split(".").at(-1)!))].sort().join(", ");
  return (
    <li>
      <a class="button main" href={`/api/exports/${job.id}/archive`} download>
        <Icon name="download" />
        All as ZIP{size ? `, ${bytes(size)}` : ""}
      </a>
      <details>
        <summary>
          {plural(files.length, "file")}: {kinds}
        </summary>
        <ul>
          {files.map((file, at) => (
            <li key={file.name}>
              <a href={`/api/exports/${job.id}/files/${at}`} download>
                {file.name}
              </a>{" "}
              <span class="muted">{bytes(file.bytes)}</span>
            </li>
          ))}
        </ul>
      </details>
    </li>
  );
}
