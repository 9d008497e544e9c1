/** The table of cracks beside the photo, and what is said about the one that is chosen. */
import type { Crack, Decision } from "../api/types";
import {
  type Column,
  cracks,
  cracksOf,
  judge,
  measure,
  pointedAt,
  selected,
  sorted,
  sorting,
} from "../state/cracks";
import { findCracks, photo, photos } from "../state/photos";
import { crackNumber } from "../state/place";
import { Icon, type IconName } from "./icons";
import { useKeptText } from "./kept_text";
import { PhotoHead } from "./photo_head";
import { Severity } from "./severity";
import { goToCrack, zoomToCrack } from "./stage_access";
import { VirtualRows } from "./virtual_rows";
import { plural, sentence, severityOf, withUnit } from "./words";

const ROW_PX = 32;
const COLUMNS: [Column, string, string][] = [
  ["number", "#", "number"],
  ["severity", "Class", "class of the standard"],
  ["width", "Width", "largest width"],
  ["length", "Length", "length"],
  ["decision", "", "what was decided"],
];
export const DECIDED: Record<Decision, { icon: IconName; words: string }> = {
  open: { icon: "circle", words: "to judge" },
  accepted: { icon: "check", words: "accepted" },
  rejected: { icon: "cross", words: "rejected" },
};

export function CrackPanel() {
  const now = photo.value;
  const list = sorted.value;
  return (
    <aside class="cracks" aria-label="Cracks of this photo">
      {now && <PhotoHead photo={now} />}
      {list.length ? <Table list={list} /> : <Empty />}
      {selected.value && list.length > 0 && (
        <Chosen crack={selected.value} key={selected.value.id} />
      )}
    </aside>
  );
}

function Empty() {
  const now = photo.value;
  if (!now) {
    return <p class="empty">{photos.value.length ? "Open a photo." : "Add photos to begin."}</p>;
  }
  if (now.job) return <p class="empty">This photo is being worked on …</p>;
  if (now.state === "new") {
    return (
      <div class="empty">
        <p>Its cracks were not searched yet.</p>
        <button type="button" class="main" onClick={() => void findCracks([now.id])}>
          <Icon name="find" />
          Find its cracks
        </button>
      </div>
    );
  }
  if (now.state === "missing") return <p class="empty">{sentence(now.sentence)}</p>;
  if (now.state === "set-aside") {
    return (
      <div class="empty">
        <p>{sentence(now.sentence)}</p>
        <button type="button" class="quiet" onClick={() => void findCracks([now.id])}>
          <Icon name="find" />
          Try it again
        </button>
      </div>
    );
  }
  if (cracksOf.value !== now.id) return <p class="empty">Loading …</p>;
  return (
    <p class="empty">
      No crack was found. Lower the threshold over the photo, or trace one with <kbd>T</kbd>.
    </p>
  );
}

function Table({ list }: { list: Crack[] }) {
  const at = list.findIndex((each) => each.number === crackNumber.value);
  const keys = (event: KeyboardEvent) => {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    event.preventDefault();
    event.stopPropagation();
    goToCrack(event.key === "ArrowDown" ? 1 : -1);
  };
  return (
    <VirtualRows
      class="crack-rows"
      role="grid"
      tabIndex={0}
      aria-label={`${plural(list.length, "crack")}, arrow keys go through them`}
      aria-rowcount={list.length + 1}
      aria-activedescendant={at >= 0 ? `crack-${list[at]!.id}` : undefined}
      onKeyDown={keys}
      count={list.length}
      rowPx={ROW_PX}
      current={at}
      currentKey={`${list[at]?.id} ${sorting.value.by} ${sorting.value.down}`}
      head={
        <div class="crack-row head" role="row" aria-rowindex={1}>
          {COLUMNS.map(([column, words, whole]) => (
            <Heading key={column} column={column} words={words} whole={whole} />
          ))}
        </div>
      }
      row={(index) => <Row key={list[index]!.id} crack={list[index]!} at={index} />}
    />
  );
}

function Heading(props: { column: Column; words: string; whole: string }) {
  const { by, down } = sorting.value;
  const mine = by === props.column;
  return (
    <span role="columnheader" aria-sort={mine ? (down ? "descending" : "ascending") : "none"}>
      <button
        type="button"
        class="bare"
        aria-label={`Sort by ${props.whole}`}
        title={`Sort by ${props.whole}`}
        onClick={() => (sorting.value = { by: props.column, down: mine ? !down : true })}
      >
        {props.words || <Icon name="check" />}
        {mine && <span aria-hidden="true">{down ? "▾" : "▴"}</span>}
      </button>
    </span>
  );
}

function Row({ crack, at }: { crack: Crack; at: number }) {
  const current = crack.number === crackNumber.value;
  const lit = crack.number === pointedAt.value;
  const { icon, words } = DECIDED[crack.decision];
  return (
    <div
      id={`crack-${crack.id}`}
      class={`crack-row ${crack.decision}${current ? " current" : ""}${lit ? " lit" : ""}`}
      role="row"
      aria-rowindex={at + 2}
      aria-selected={current}
      onClick={() => zoomToCrack(crack)}
      onMouseEnter={() => (pointedAt.value = crack.number)}
      onMouseLeave={() => (pointedAt.value = null)}
    >
      <span role="gridcell">{crack.number}</span>
      <span role="gridcell">
        <Severity rank={measure(crack, "severity_rank")} name={severityOf(crack)} />
      </span>
      <span role="gridcell">{withUnit(crack, "width_max")}</span>
      <span role="gridcell">{withUnit(crack, "length")}</span>
      <span role="gridcell" class="decided" title={words}>
        <Icon name={icon} />
        {crack.comment && <Icon name="comment" />}
        <span class="unseen">{words}</span>
      </span>
    </div>
  );
}

const FACTS: [string, string][] = [
  ["Largest width", "width_max"],
  ["Mean width", "width_mean"],
  ["Median width", "width_median"],
  ["Length", "length"],
];

function Chosen({ crack }: { crack: Crack }) {
  const reason = crack.measures["severity_reason"];
  const count = cracks.value.length;
  return (
    <section class="chosen" aria-label={`Crack ${crack.number}`}>
      <div class="chosen-head">
        <h2>
          Crack {crack.number} <span class="muted">of {count}</span>
        </h2>
        <Severity rank={measure(crack, "severity_rank")} name={severityOf(crack)} />
      </div>
      {typeof reason === "string" && reason && <p class="muted reason">{reason}</p>}
      <dl class="facts">
        {FACTS.map(([words, name]) => (
          <div key={name}>
            <dt>{words}</dt>
            <dd>{withUnit(crack, name)}</dd>
          </div>
        ))}
        <div>
          <dt>Direction</dt>
          <dd>{rounded(measure(crack, "angle_deg"), "°")}</dd>
        </div>
        <div>
          <dt>Confidence</dt>
          {/* Strokes by hand have none. */}
          <dd>{rounded(100 * measure(crack, "confidence"), " %")}</dd>
        </div>
      </dl>
      <div class="decide" role="group" aria-label="Decide">
        <Decide crack={crack} decision="accepted" words="Accept" letter="A" />
        <Decide crack={crack} decision="rejected" words="Reject" letter="R" />
        <Decide crack={crack} decision="open" words="To judge" letter="O" />
      </div>
      <Comment crack={crack} />
    </section>
  );
}

function rounded(value: number, unit: string): string {
  return value < 0 ? "–" : `${value.toFixed(0)}${unit}`;
}

function Decide(props: { crack: Crack; decision: Decision; words: string; letter: string }) {
  const pressed = props.crack.decision === props.decision;
  return (
    <button
      type="button"
      class={`quiet ${props.decision}`}
      aria-pressed={pressed}
      title={`${props.words} (${props.letter})`}
      onClick={() => void judge(props.crack, { decision: props.decision })}
    >
      <Icon name={DECIDED[props.decision].icon} />
      {props.words}
    </button>
  );
}

/** Leaving it, or Ctrl Enter, keeps it at once. */
function Comment({ crack }: { crack: Crack }) {
  const what = `the comment on crack ${crack.number}`;
  const { text, type, keep } = useKeptText(crack.comment, what, (comment) =>
    judge(crack, { comment }),
  );
  return (
    <textarea
      id="crack-comment"
      rows={2}
      maxLength={4000}
      placeholder="Comment (C)"
      aria-label={`Comment on crack ${crack.number}`}
      value={text}
      onInput={(event) => type(event.currentTarget.value)}
      onBlur={keep}
      onKeyDown={(event) => {
        if (event.key === "Escape" || (event.key === "Enter" && event.ctrlKey)) {
          event.currentTarget.blur();
        }
      }}
    />
  );
}
