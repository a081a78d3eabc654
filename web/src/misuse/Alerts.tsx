// Hints, newest first: what was counted, against what. Each is opened into a file or set aside with a reason.

import { Button, Group, Switch, Textarea } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ActForm } from "../app/ActForm";
import { taipei } from "../app/age";
import { misuse } from "../app/api/calls.misuse";
import { ASIDE_REASONS, type AsideReason, type MisuseAlert } from "../app/api/types.misuse";
import { MoreButton } from "../app/MoreButton";
import { ReasonSelect } from "../app/ReasonSelect";
import { sayReason } from "../app/reasonText";
import { Answer, Empty } from "../app/states";
import { useAct } from "../app/useAct";
import { OpenForm } from "./OpenForm";
import { chanceOf, expectedOf, isSaid, TEXT_CHARS_MAX } from "./said";

/** Why somebody should look, in numbers and words. */
export function Hint({ alert }: { alert: MisuseAlert }) {
  const { t } = useTranslation();
  const chance = chanceOf(alert);
  return (
    <>
      <p data-testid="misuse-why">{t(`misuse.why_${alert.kind}`, { count: alert.counted })}</p>
      <p className="dim">
        {chance === null
          ? t("misuse.by_rule")
          : t("misuse.by_count", { expected: expectedOf(alert.expected), chance })}
      </p>
      <p className="dim">{t("misuse.leaves", { list: alert.leaves.join(", ") })}</p>
    </>
  );
}

function SetAside({ id }: { id: string }) {
  const { t } = useTranslation();
  const [reason, setReason] = useState<AsideReason | null>(null);
  const [note, setNote] = useState("");
  const act = useAct("misuse", () => misuse.setAside(id, reason ?? "too_little", note));
  return (
    <ActForm
      className="stack"
      act={act}
      label={t("misuse.set_aside")}
      isComplete={reason !== null && isSaid(note)}
      button={{ variant: "default" }}
      buttonTestId="misuse-set-aside"
    >
      <ReasonSelect
        asked="misuse_alert"
        label={t("misuse.aside_reason")}
        codes={ASIDE_REASONS}
        value={reason}
        onChange={setReason}
      />
      <Textarea
        label={t("misuse.note")}
        description={t("misuse.chars")}
        value={note}
        onChange={(event) => setNote(event.currentTarget.value)}
        autosize
        maxLength={TEXT_CHARS_MAX}
      />
    </ActForm>
  );
}

function Alert({ alert, onOpened }: { alert: MisuseAlert; onOpened: (id: string) => void }) {
  const { t } = useTranslation();
  const [act, setAct] = useState<"open" | "aside" | null>(null);
  return (
    <article className="panel observation" data-testid="misuse-alert">
      <header>
        <h3 className="section-title">{t(`misuse.kind_${alert.kind}`)}</h3>
        <span>{alert.officer_name}</span>
        <span className="dim">{taipei(alert.made_at_us)}</span>
        {alert.state !== "new" && <span className="tag">{t(`misuse.alert_${alert.state}`)}</span>}
      </header>
      <Hint alert={alert} />
      {alert.settled_at_us !== null && (
        <p className="dim said">
          {alert.settled_by_name} {taipei(alert.settled_at_us)}
          {alert.reason && ` ${sayReason("misuse_alert", alert.reason, t)}: ${alert.note ?? ""}`}
        </p>
      )}
      {alert.state === "new" && (
        <Group gap="xs">
          <Button
            variant="default"
            aria-expanded={act === "open"}
            onClick={() => setAct(act === "open" ? null : "open")}
            data-testid="misuse-look"
          >
            {t("misuse.look_into")}
          </Button>
          <Button
            variant="subtle"
            aria-expanded={act === "aside"}
            onClick={() => setAct(act === "aside" ? null : "aside")}
          >
            {t("misuse.set_aside")}
          </Button>
        </Group>
      )}
      {act === "open" && <OpenForm from={{ alert: alert.id }} onOpened={onOpened} />}
      {act === "aside" && alert.state === "new" && <SetAside id={alert.id} />}
    </article>
  );
}

export function Alerts({ onOpened }: { onOpened: (id: string) => void }) {
  const { t } = useTranslation();
  const [isAll, setAll] = useState(false);
  const query = useInfiniteQuery({
    queryKey: ["misuse", "alerts", isAll],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam }) => misuse.alerts(!isAll, pageParam),
    getNextPageParam: (last) => last.next_cursor,
  });
  return (
    <>
      <Switch
        mt="sm"
        label={t("misuse.settled_too")}
        checked={isAll}
        onChange={(event) => setAll(event.currentTarget.checked)}
      />
      <Answer query={query}>
        {(data) => {
          const all = data.pages.flatMap((page) => page.items);
          return (
            <>
              {all.length === 0 && (
                <Empty title={t("misuse.alerts_none")} hint={t("misuse.alerts_none_hint")} />
              )}
              {all.map((alert) => (
                <Alert key={alert.id} alert={alert} onOpened={onOpened} />
              ))}
              <MoreButton query={query} />
            </>
          );
        }}
      </Answer>
    </>
  );
}
