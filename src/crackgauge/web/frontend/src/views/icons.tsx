/** Signs that stand beside words, or for them where a label says the word. */
const SHAPES = {
  add: "M12 5v14M5 12h14",
  minus: "M5 12h14",
  fit: "M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5",
  search: "M11 4a7 7 0 1 0 0 14a7 7 0 0 0 0-14M16 16l4.5 4.5",
  check: "M5 12.5l5 5L19.5 7",
  cross: "M6 6l12 12M18 6L6 18",
  circle: "M12 5a7 7 0 1 0 0 14a7 7 0 0 0 0-14",
  undo: "M9 7L4 12l5 5M4 12h10a6 6 0 0 1 6 6",
  redo: "M15 7l5 5-5 5M20 12H10a6 6 0 0 0-6 6",
  trace: "M5 19l4-6-2-3 6-2 2-4 4-1M5 19h.01M19 3h.01",
  ruler: "M4 16L16 4l4 4L8 20zM8 12l2 2M11 9l2 2M14 6l2 2",
  download: "M12 4v11M7 10.5l5 5 5-5M5 20h14",
  train: "M4 18l5-6 4 3 7-9M15 6h5v5",
  settings: "M4 7h9M17 7h3M4 17h3M11 17h9M15 5v4M9 15v4",
  sun: "M12 8a4 4 0 1 0 0 8a4 4 0 0 0 0-8M12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.4 1.4M17.6 17.6L19 19M19 5l-1.4 1.4M6.4 17.6L5 19",
  moon: "M19 14.5A8 8 0 0 1 9.5 5a8 8 0 1 0 9.5 9.5",
  screen: "M4 5h16v11H4zM9 20h6M12 16v4",
  help: "M9 9a3 3 0 1 1 4.5 2.6c-1 .6-1.5 1.2-1.5 2.4M12 17.5v.01",
  comment: "M4 5h16v11H10l-5 4v-4H4z",
  back: "M14 6l-6 6 6 6",
  next: "M10 6l6 6-6 6",
  warning: "M12 4l9 16H3zM12 10v4M12 17v.01",
  find: "M4 5l5 5-3 4 6 5M15 9a4 4 0 1 0 0 8a4 4 0 0 0 0-8M18 16l3 3",
  bin: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13",
} as const;

export type IconName = keyof typeof SHAPES;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={SHAPES[name]} />
    </svg>
  );
}
