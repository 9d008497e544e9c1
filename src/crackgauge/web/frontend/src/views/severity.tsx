/** A class of severity: its name, its colour, and bars that say the same without colour. */
import { classes } from "../state/project";
import { colourOf } from "../viewer/colours";

export function Severity({ rank, name }: { rank: number; name: string }) {
  const count = classes.value.length;
  if (rank < 0 || !name) {
    return (
      <span class="severity none" title="To be graded, it needs a standard (Settings) and a scale">
        not graded
      </span>
    );
  }
  const height = (at: number) => (at <= rank ? 4 + (8 * (at + 1)) / count : 2);
  return (
    <span class="severity" title={`class ${rank + 1} of ${count}`}>
      <svg
        class="bars"
        viewBox={`0 0 ${4 * count} 12`}
        width={4 * count}
        height="12"
        aria-hidden="true"
      >
        {Array.from({ length: count }, (_, at) => (
          <rect
            key={at}
            x={4 * at}
            y={12 - height(at)}
            width="3"
            height={height(at)}
            fill={at <= rank ? colourOf(rank, count) : "currentColor"}
            class={at <= rank ? "on" : "off"}
          />
        ))}
      </svg>
      <span class="severity-name" title={name}>
        {name}
      </span>
    </span>
  );
}
