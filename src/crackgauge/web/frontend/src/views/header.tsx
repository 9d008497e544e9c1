/** The top of the page: the project, what the server is at, and what can be done with all of it. */
import type { ComponentChildren } from "preact";
import { cancelAll, progress } from "../state/jobs";
import { findCracks, photos } from "../state/photos";
import { connection, project } from "../state/project";
import { type Theme, theme } from "../state/theme";
import { left, total, uploads } from "../state/uploads";
import { dialog } from "./dialogs";
import { Icon, type IconName } from "./icons";

const NEXT: Record<Theme, Theme> = { system: "light", light: "dark", dark: "system" };
const SIGN: Record<Theme, IconName> = { system: "screen", light: "sun", dark: "moon" };

export function Header() {
  const fresh = photos.value.filter((each) => each.state === "new" && !each.job).length;
  return (
    <header class="top">
      <h1>
        <span class="brand">crackgauge</span>
        <span class="title">{project.value?.title}</span>
      </h1>
      <Progress />
      <nav aria-label="Project">
        {fresh > 0 && (
          <button type="button" class="main" onClick={() => void findCracks("new")}>
            <Icon name="find" />
            Find cracks <span class="count">{fresh}</span>
          </button>
        )}
        <Opens name="settings" icon="settings">
          Settings
        </Opens>
        <Opens name="export" icon="download">
          Report
        </Opens>
        <Opens name="train" icon="train">
          Train
        </Opens>
        <button
          type="button"
          class="bare"
          aria-label={`Colours: ${theme.value}. Switch to ${NEXT[theme.value]}`}
          title={`Colours: ${theme.value}`}
          onClick={() => (theme.value = NEXT[theme.value])}
        >
          <Icon name={SIGN[theme.value]} />
        </button>
        <button
          type="button"
          class="bare"
          aria-label="Help and keys"
          title="Help and keys (?)"
          onClick={() => (dialog.value = "help")}
        >
          <Icon name="help" />
        </button>
      </nav>
    </header>
  );
}

function Opens(props: {
  name: "settings" | "export" | "train";
  icon: IconName;
  children: ComponentChildren;
}) {
  return (
    <button type="button" class="quiet" onClick={() => (dialog.value = props.name)}>
      <Icon name={props.icon} />
      {props.children}
    </button>
  );
}

function Progress() {
  if (connection.value === "lost") {
    return (
      <div class="progress lost" role="alert">
        <Icon name="warning" />
        The server does not answer. What was done is kept; trying again …
      </div>
    );
  }
  const sending = uploads.value[0];
  if (sending) {
    const more = left();
    const words = `Adding ${sending.name}${more ? `, ${more} more` : ""}`;
    const done = total.value ? (total.value - more - 1 + sending.share) / total.value : 0;
    return <Bar words={words} share={Math.max(sending.share * 0.05, done)} />;
  }
  const now = progress.value;
  if (!now) return <div class="progress" />;
  return (
    <Bar words={`${now.words}: ${now.done} of ${now.total}`} share={now.share}>
      {now.canStop && (
        <button
          type="button"
          class="bare"
          aria-label="Stop all jobs"
          title="Stop all jobs; what is done stays"
          onClick={() => void cancelAll()}
        >
          <Icon name="cross" />
        </button>
      )}
    </Bar>
  );
}

function Bar(props: { words: string; share: number; children?: ComponentChildren }) {
  const percent = Math.round(100 * props.share);
  return (
    <div class="progress">
      <div
        class="bar"
        role="progressbar"
        aria-label={props.words}
        aria-valuenow={percent}
        aria-valuemin={0}
        aria-valuemax={100}
      >
        <span style={{ width: `${percent}%` }} />
      </div>
      <span class="words">{props.words}</span>
      {props.children}
    </div>
  );
}
