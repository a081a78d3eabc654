// What is known of the keys that sign in as somebody. One that the rule of today would refuse is marked.

import { useTranslation } from "react-i18next";
import { taipei, taipeiDay } from "../app/age";
import type { PersonKey } from "../app/api/types";

/** The name that the force gave, else what the key calls itself, shortened: the rest is in the tooltip. */
function modelOf(key: PersonKey): string | null {
  return key.model ?? (key.aaguid ? `${key.aaguid.slice(0, 8)}…` : null);
}

function Key({ made }: { made: PersonKey }) {
  const { t } = useTranslation();
  const shared = made.is_synced === null ? "unknown" : made.is_synced ? "synced" : "bound";
  return (
    <li data-testid="person-key">
      <span title={made.aaguid ?? undefined}>{modelOf(made) ?? t("people.key_model_unknown")}</span>{" "}
      <span className="dim">
        {t(made.is_attested ? "people.key_attested" : "people.key_unattested")} · {t(`people.key_${shared}`)}{" "}
        ·{" "}
        <time dateTime={new Date(made.made_at_us / 1000).toISOString()} title={taipei(made.made_at_us)}>
          {taipeiDay(made.made_at_us)}
        </time>
      </span>
      {!made.meets_rule && (
        <>
          {" "}
          <span className="tag tag-warn" data-testid="person-key-old">
            {made.opens_until_us === null
              ? t("people.key_old")
              : t("people.key_old_until", { day: taipeiDay(made.opens_until_us - 1) })}
          </span>
        </>
      )}
    </li>
  );
}

export function PersonKeys({ keys }: { keys: PersonKey[] }) {
  if (keys.length === 0) return <>—</>;
  return (
    <ul>
      {keys.map((made) => (
        <Key key={`${made.made_at_us} ${made.aaguid}`} made={made} />
      ))}
    </ul>
  );
}
