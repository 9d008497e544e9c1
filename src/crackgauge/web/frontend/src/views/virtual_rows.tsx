/** A long list of which only the rows in sight exist. */
import type { ComponentChildren, HTMLAttributes } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

interface Props extends Omit<HTMLAttributes<HTMLDivElement>, "children"> {
  count: number;
  rowPx: number;
  /** Row that must be in sight; -1 for none. */
  current: number;
  /** What that row shows; where it is another, the row is brought in sight. */
  currentKey: string;
  row: (at: number) => ComponentChildren;
  /** Stays at the top, as tall as a row. */
  head?: ComponentChildren;
}

const BEYOND = 4;

export function VirtualRows({ count, rowPx, current, currentKey, row, head, ...rest }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const [height, setHeight] = useState(600);

  useLayoutEffect(() => {
    const element = box.current!;
    const measure = () => setHeight(element.clientHeight);
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  const before = useRef({ key: "", at: -1 });
  useEffect(() => {
    const element = box.current!;
    const { key, at } = before.current;
    before.current = { key: currentKey, at: current };
    if (current < 0) return;
    // In another order, the list follows the row only from where it was seen.
    const was = at * rowPx;
    const wasSeen =
      was + rowPx > element.scrollTop && was < element.scrollTop + element.clientHeight;
    if (key === currentKey && at >= 0 && !wasSeen) return;
    const first = current * rowPx;
    const last = first + rowPx + (head ? rowPx : 0);
    if (first < element.scrollTop) element.scrollTop = first;
    else if (last > element.scrollTop + element.clientHeight) {
      element.scrollTop = last - element.clientHeight;
    }
  }, [current, currentKey]);

  const from = Math.max(0, Math.floor(top / rowPx) - BEYOND);
  const to = Math.min(count, Math.ceil((top + height) / rowPx) + BEYOND);
  const rows = [];
  for (let at = from; at < to; at++) rows.push(row(at));
  return (
    <div {...rest} ref={box} onScroll={(event) => setTop(event.currentTarget.scrollTop)}>
      {head}
      <div class="rows" role="presentation" style={{ height: `${count * rowPx}px` }}>
        <div role="presentation" style={{ transform: `translateY(${from * rowPx}px)` }}>
          {rows}
        </div>
      </div>
    </div>
  );
}
