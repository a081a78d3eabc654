import { useTranslation } from "react-i18next";
import type { Feed } from "../../app/api/types.feeds";

/** `waiting`: without sites every row would be refused. */
export type State = "open" | "waiting" | "expired" | "ended";

export function stateOf(feed: Feed, now_ms: number): State {
  if (feed.ended_at_us !== null) return "ended";
  if (feed.expires_at_us !== null && feed.expires_at_us <= now_ms * 1000) return "expired";
  return feed.sites === 0 ? "waiting" : "open";
}

export function FeedState({ state }: { state: State }) {
  const { t } = useTranslation();
  const isOdd = state === "waiting" || state === "expired";
  return (
    <span className={`tag ${isOdd ? "tag-warn" : ""}`}>
      {isOdd && "▲ "}
      {t(`feed.state_${state}`)}
    </span>
  );
}
