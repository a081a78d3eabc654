// A picture of the server. The browser's own way to fetch one sends no proof of the session's key; this one does.

import { type ImgHTMLAttributes, useEffect, useRef, useState } from "react";
import { fetchProved } from "./api/client";

interface Props extends ImgHTMLAttributes<HTMLImageElement> {
  src: string;
  alt: string;
  /** It could not be fetched, or is none. */
  onError?: () => void;
}

/** One pixel: an image without a source is a broken one, and has no place to come into view. */
const NOTHING = "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw==";
/** As browsers do, a little before it is seen. */
const BEFORE_VIEW = "200px";

/** Each fetched picture is a leaf of the log: one that nobody scrolls to is not fetched. */
function useInView(isLazy: boolean) {
  const place = useRef<HTMLImageElement>(null);
  const [isSeen, setSeen] = useState(!isLazy);
  useEffect(() => {
    if (isSeen || !place.current) return;
    const watch = new IntersectionObserver(
      (entries) => entries.some((entry) => entry.isIntersecting) && setSeen(true),
      { rootMargin: BEFORE_VIEW },
    );
    watch.observe(place.current);
    return () => watch.disconnect();
  }, [isSeen]);
  return { place, isSeen };
}

export function ProvedImage({ src, alt, loading, onError, ...rest }: Props) {
  const { place, isSeen } = useInView(loading === "lazy");
  const [shown, setShown] = useState<string | null>(null);
  const failed = useRef(onError);
  failed.current = onError;
  useEffect(() => {
    if (!isSeen) return;
    const leaving = new AbortController();
    let made: string | null = null;
    fetchProved(src, { signal: leaving.signal })
      .then(async (response) => {
        if (!response.ok) throw new Error(String(response.status));
        const picture = await response.blob();
        if (leaving.signal.aborted) return;
        made = URL.createObjectURL(picture);
        setShown(made);
      })
      .catch(() => leaving.signal.aborted || failed.current?.());
    return () => {
      leaving.abort();
      setShown(null);
      if (made) URL.revokeObjectURL(made);
    };
  }, [src, isSeen]);
  return (
    <img
      {...rest}
      ref={place}
      src={shown ?? NOTHING}
      data-src={src}
      alt={alt}
      aria-busy={shown === null}
      onError={() => shown !== null && onError?.()}
    />
  );
}
