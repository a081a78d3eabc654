// Thousands of rows of one height, of which only those near the window exist.

import { type RefObject, useCallback, useEffect, useState } from "react";
import { flushSync } from "react-dom";

const SPARE = 12;
/** Fewer than this are simply all there. */
const FEW = 120;

export interface Slice {
  first: number;
  last: number;
}

/** Rows that cover the window from `top` (where the first row is) down `height` pixels. */
export function sliceOf(count: number, row_px: number, top: number, height: number): Slice {
  if (count <= FEW) return { first: 0, last: count };
  const first = Math.floor(-top / row_px) - SPARE;
  const last = Math.ceil((height - top) / row_px) + SPARE;
  const clamp = (at: number) => Math.min(Math.max(at, 0), count);
  return { first: clamp(first), last: clamp(last) };
}

function scrollerOf(element: HTMLElement): HTMLElement {
  for (let up = element.parentElement; up; up = up.parentElement) {
    if (up.scrollHeight > up.clientHeight + 1 && /auto|scroll/.test(getComputedStyle(up).overflowY))
      return up;
  }
  return document.documentElement;
}

/** All of them while the page is printed. */
export function useSlice(body: RefObject<HTMLElement | null>, count: number, row_px: number) {
  const [slice, setSlice] = useState<Slice>(() => sliceOf(count, row_px, 0, 1200));
  const [isPrinting, setPrinting] = useState(false);

  useEffect(() => {
    const look = () => {
      const top = body.current?.getBoundingClientRect().top ?? 0;
      const next = sliceOf(count, row_px, top, window.innerHeight);
      setSlice((old) => (old.first === next.first && old.last === next.last ? old : next));
    };
    look();
    document.addEventListener("scroll", look, { capture: true, passive: true });
    window.addEventListener("resize", look);
    return () => {
      document.removeEventListener("scroll", look, { capture: true });
      window.removeEventListener("resize", look);
    };
  }, [body, count, row_px]);

  useEffect(() => {
    const before = () => flushSync(() => setPrinting(true));
    const after = () => setPrinting(false);
    window.addEventListener("beforeprint", before);
    window.addEventListener("afterprint", after);
    return () => {
      window.removeEventListener("beforeprint", before);
      window.removeEventListener("afterprint", after);
    };
  }, []);

  const show = useCallback(
    (at: number, head_px = 0) => {
      if (!body.current || at < 0) return;
      const scroller = scrollerOf(body.current);
      const view = scroller === document.documentElement ? null : scroller.getBoundingClientRect();
      const top = body.current.getBoundingClientRect().top - (view?.top ?? 0) + at * row_px;
      const height = view?.height ?? window.innerHeight;
      if (top < head_px) scroller.scrollBy({ top: top - head_px });
      else if (top + row_px > height) scroller.scrollBy({ top: top + row_px - height });
    },
    [body, row_px],
  );

  return { slice: isPrinting ? { first: 0, last: count } : slice, show };
}
