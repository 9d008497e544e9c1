/** The keys, and how to switch them off. */
import { Fragment } from "preact";
import { letterKeys } from "../state/theme";
import { Dialog } from "./dialogs";

const KEYS: [string, [string, string][]][] = [
  [
    "Photos",
    [
      ["]  [", "next, previous photo"],
      ["/", "search"],
      ["F", "show the whole photo"],
      ["+  −", "zoom"],
      ["arrows", "move the photo, when it has the focus"],
    ],
  ],
  [
    "Cracks",
    [
      ["J  K", "next, previous crack"],
      ["Enter", "zoom to it"],
      ["Esc", "choose none"],
      ["A", "accept"],
      ["R", "reject"],
      ["O", "to judge again"],
      ["C", "comment"],
    ],
  ],
  [
    "Layers",
    [
      ["1", "probability"],
      ["2", "mask"],
      ["3", "centre lines"],
      ["4", "widths"],
      ["<  >", "threshold down, up"],
    ],
  ],
  [
    "Tracing",
    [
      ["T", "begin, and leave"],
      ["P  N", "trace, forbid"],
      ["B  E", "brush, erase"],
      ["G  X", "area, remove"],
      ["Enter", "keep the path"],
      ["Backspace", "take the last point back"],
      ["Esc", "drop the path"],
      ["Ctrl Z", "undo"],
      ["Ctrl Shift Z", "redo"],
    ],
  ],
];

const STEPS: [string, string][] = [
  ["Find", "the cracks of all photos, or of one. The worst photo comes first."],
  ["Scale", "beside the photo: by two points, a marker or a number; then widths are in mm."],
  ["Standard", "in Settings: it gives each crack its class, where there is a scale."],
  [
    "Judge",
    "each crack: accept or reject it, comment on it. Rejected ones stay out of the report.",
  ],
  ["Trace", "what is missing or wrong; the photo is measured anew when you are done."],
  ["Report", "writes all formats, to be downloaded."],
];

export function Help() {
  return (
    <Dialog title="Help and keys" wide>
      <ol class="steps">
        {STEPS.map(([heading, words]) => (
          <li key={heading}>
            <b>{heading}</b> {words}
          </li>
        ))}
      </ol>
      <div class="keys">
        {KEYS.map(([heading, rows]) => (
          <section key={heading}>
            <h3>{heading}</h3>
            <dl>
              {rows.map(([keys, words]) => (
                <Fragment key={keys}>
                  <dt>
                    {keys.split("  ").map((key) => (
                      <kbd key={key}>{key}</kbd>
                    ))}
                  </dt>
                  <dd>{words}</dd>
                </Fragment>
              ))}
            </dl>
          </section>
        ))}
      </div>
      <label class="check">
        <input
          type="checkbox"
          checked={letterKeys.value === "on"}
          onChange={(event) => (letterKeys.value = event.currentTarget.checked ? "on" : "off")}
        />
        Single letters are commands (switch this off if you dictate text)
      </label>
      <p class="muted">
        Everything is kept as soon as it is done. A reload, a second tab or a stop of the server
        loses nothing.
      </p>
    </Dialog>
  );
}
