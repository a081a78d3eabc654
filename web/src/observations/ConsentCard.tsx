// One consent: what was asked, by whom, what became of it, and what may be done about it now.

import { Button, Group, NumberInput, Textarea } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { taipei } from "../app/age";
import { observations } from "../app/api/calls.observations";
import type { Observation, Which } from "../app/api/types.observations";
import { useSession } from "../app/session";
import { Failure } from "../app/states";
import { TERM_DAYS_MAX } from "./ask";

const REASON_CHARS_MIN = 10;

export function ConsentCard({ one, which }: { one: Observation; which: Which }) {
  const { t } = useTranslation();
  const { may, me } = useSession();
  const client = useQueryClient();
  const [note, setNote] = useState("");
  const [days, setDays] = useState<number | string>(30);
  const done = {
    onSuccess: () => {
      setNote("");
      void client.invalidateQueries({ queryKey: ["observations"] });
    },
  };
  const decide = useMutation({ mutationFn: (is: boolean) => observations.decide(one.id, is, note), ...done });
  const extend = useMutation({ mutationFn: () => observations.extend(one.id, Number(days), note), ...done });
  const withdraw = useMutation({ mutationFn: () => observations.withdraw(one.id, note), ...done });
  const isBusy = decide.isPending || extend.isPending || withdraw.isPending;
  const error = decide.error ?? extend.error ?? withdraw.error;
  const isDecider = which === "waiting" && may("observations.decide");
  const isOurs = Boolean(me?.office) && me?.office === one.asked_office;
  const mayExtend =
    !isDecider && one.is_running && one.extension === "none" && isOurs && may("observations.ask");
  const mayEnd = !isDecider && (one.is_running || one.state === "asked");
  const state = one.state === "given" && !one.is_running ? "over" : one.state;
  return (
    <article className="panel observation" data-testid="observation">
      <header>
        <h3 className="section-title">{one.plates.join(t("app.list_joiner"))}</h3>
        <span className="tag">{t(`observe.state_${state}`)}</span>
        {one.extension !== "none" && <span className="tag">{t(`observe.extension_${one.extension}`)}</span>}
      </header>
      <dl>
        <dt>{t("observe.case")}</dt>
        <dd>{one.case_ref}</dd>
        <dt>{t("observe.basis")}</dt>
        <dd>{t(`observe.basis_${one.basis}`)}</dd>
        <dt>{t("observe.reason")}</dt>
        <dd className="said">{one.reason}</dd>
        <dt>{t("observe.window")}</dt>
        <dd>{t("observe.from_until", { from: taipei(one.from_us), until: taipei(one.until_us) })}</dd>
        <dt>{t("observe.cameras")}</dt>
        <dd>
          {one.cameras.length > 0
            ? t("observe.cameras_count", { count: one.cameras.length })
            : t("observe.cameras_all")}
        </dd>
        <dt>{t("observe.asked")}</dt>
        <dd>
          {one.asked_by_name}
          {t("app.in_brackets", { text: one.asked_office })} {taipei(one.asked_at_us)}
        </dd>
        {one.decided_at_us !== null && (
          <>
            <dt>{t("observe.decided")}</dt>
            <dd>
              {one.decided_by_name}
              {one.decided_office && t("app.in_brackets", { text: one.decided_office })}{" "}
              {taipei(one.decided_at_us)} {one.decided_note}
            </dd>
          </>
        )}
        <dt>{t("observe.term")}</dt>
        <dd>
          {one.ends_at_us === null
            ? t("observe.days", { count: one.term_days })
            : t("observe.ends", { at: taipei(one.ends_at_us) })}
        </dd>
        {one.extension !== "none" && (
          <>
            <dt>{t("observe.extension")}</dt>
            <dd className="said">
              {t("observe.days", { count: one.extended.days })} {one.extended.reason} {one.extended.note}
            </dd>
          </>
        )}
        {one.withdrawn_at_us !== null && (
          <>
            <dt>{t("observe.state_withdrawn")}</dt>
            <dd>
              {one.withdrawn_by_name} {taipei(one.withdrawn_at_us)} {one.withdrawn_note}
            </dd>
          </>
        )}
      </dl>
      {(isDecider || mayExtend || mayEnd) && (
        <Textarea
          label={t(isDecider ? "observe.note_decide" : "observe.note_act")}
          value={note}
          onChange={(event) => setNote(event.currentTarget.value)}
          autosize
          maxLength={1000}
          data-testid="observation-note"
        />
      )}
      <Group gap="xs" align="end">
        {isDecider && (
          <>
            <Button disabled={isBusy} onClick={() => decide.mutate(true)} data-testid="consent-give">
              {t("observe.give")}
            </Button>
            <Button
              variant="default"
              disabled={isBusy || !note.trim()}
              onClick={() => decide.mutate(false)}
              data-testid="consent-refuse"
            >
              {t("observe.refuse")}
            </Button>
          </>
        )}
        {mayExtend && (
          <>
            <NumberInput
              label={t("observe.extend_days")}
              value={days}
              onChange={setDays}
              min={1}
              max={TERM_DAYS_MAX}
              w={120}
            />
            <Button
              variant="default"
              disabled={isBusy || [...note.trim()].length < REASON_CHARS_MIN || !Number(days)}
              onClick={() => extend.mutate()}
              data-testid="consent-extend"
            >
              {t("observe.extend")}
            </Button>
          </>
        )}
        {mayEnd && (
          <Button
            variant="default"
            color="red"
            disabled={isBusy || !note.trim()}
            onClick={() => withdraw.mutate()}
            data-testid="consent-withdraw"
          >
            {t("observe.withdraw")}
          </Button>
        )}
      </Group>
      {error && <Failure error={error} />}
    </article>
  );
}
