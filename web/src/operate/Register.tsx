// Why each camera stands where it stands, and who answers for it until when: what is due comes first, and many are decided together.

import { Button, Checkbox, Select, Textarea, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { ActForm } from "../app/ActForm";
import { register } from "../app/api/calls.register";
import { CAMERA_BASES, type CameraBasis, type RegisterLine } from "../app/api/types.register";
import { useSession } from "../app/session";
import { Failure } from "../app/states";
import { Roster, RosterForm } from "./Roster";
import { DAY_MS, inOrder, matching, SHOWN_MAX, STATES } from "./register";

const TERMS_DAYS = [30, 90, 180, 365];
const TEXT_MAX = 300;

function Decide({ chosen, onDecided }: { chosen: string[]; onDecided: (count: number) => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [basis, setBasis] = useState<CameraBasis>("public_place");
  const [purpose, setPurpose] = useState("");
  const [notice, setNotice] = useState("");
  const [days, setDays] = useState(365);
  const review = useMutation({
    mutationFn: () =>
      register.review({
        cameras: chosen,
        basis,
        purpose: purpose.trim(),
        notice: notice.trim(),
        until_us: (Date.now() + days * DAY_MS) * 1000,
      }),
    onSuccess: (told) => {
      onDecided(told.cameras);
      void client.invalidateQueries({ queryKey: ["camera-register"] });
    },
  });
  return (
    <RosterForm title={t("register.decide")}>
      <ActForm
        className="form-grid"
        act={review}
        label={t("register.decide_count", { count: chosen.length })}
        isComplete={chosen.length > 0 && purpose.trim() !== "" && notice.trim() !== ""}
        testId="register-form"
        buttonTestId="register-decide"
      >
        <Select
          label={t("register.basis")}
          data={CAMERA_BASES.map((value) => ({ value, label: t(`register.basis_${value}`) }))}
          value={basis}
          onChange={(value) => value && setBasis(value as CameraBasis)}
          allowDeselect={false}
        />
        <Select
          label={t("register.term")}
          data={TERMS_DAYS.map((value) => ({
            value: String(value),
            label: t("register.days", { count: value }),
          }))}
          value={String(days)}
          onChange={(value) => value && setDays(Number(value))}
          allowDeselect={false}
        />
        <Textarea
          label={t("register.purpose")}
          value={purpose}
          onChange={(event) => setPurpose(event.currentTarget.value)}
          maxLength={TEXT_MAX}
          autosize
          minRows={2}
          required
        />
        <Textarea
          label={t("register.notice")}
          description={t("register.notice_hint")}
          value={notice}
          onChange={(event) => setNotice(event.currentTarget.value)}
          maxLength={TEXT_MAX}
          autosize
          minRows={2}
          required
        />
      </ActForm>
    </RosterForm>
  );
}

function End({ line, onClose }: { line: RegisterLine; onClose: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [reason, setReason] = useState("");
  const end = useMutation({
    mutationFn: () => register.end(line.camera, reason.trim()),
    onSuccess: () => {
      onClose();
      void client.invalidateQueries({ queryKey: ["camera-register"] });
    },
  });
  return (
    <RosterForm title={t("register.end_title", { name: line.name })}>
      <p className="dim">{t("register.end_hint")}</p>
      <ActForm
        className="inline-form"
        act={end}
        label={t("register.end")}
        isComplete={reason.trim() !== ""}
        button={{ color: "red" }}
        buttonTestId="register-end-sure"
      >
        <TextInput
          label={t("register.end_reason")}
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
          maxLength={TEXT_MAX}
          required
        />
        <Button variant="default" onClick={onClose}>
          {t("app.cancel")}
        </Button>
      </ActForm>
    </RosterForm>
  );
}

export function Register() {
  const { t, i18n } = useTranslation();
  const { may } = useSession();
  const query = useQuery({
    queryKey: ["camera-register"],
    queryFn: async ({ signal }) => inOrder(await register.all(signal)),
  });
  const [words, setWords] = useState("");
  const [state, setState] = useState<string>("all");
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [ended, setEnded] = useState<RegisterLine | null>(null);
  const [done, setDone] = useState<number | null>(null);
  const decided = (count: number) => {
    setChosen(new Set());
    setDone(count);
  };
  const mayReview = may("cameras.review");
  const found = useMemo(() => matching(query.data ?? [], words, state), [query.data, words, state]);
  const shown = found.slice(0, SHOWN_MAX);
  const day = (at_us: number) =>
    new Date(at_us / 1000).toLocaleDateString(i18n.language, { dateStyle: "medium" });
  const count = (name: string) => (query.data ?? []).filter((line) => line.state === name).length;
  const toggle = (ids: string[], isOn: boolean) =>
    setChosen((before) => {
      const next = new Set(before);
      for (const id of ids) isOn ? next.add(id) : next.delete(id);
      return next;
    });
  return (
    <div className="stack" data-testid="register">
      <p className="dim">{t("register.intro")}</p>
      {ended && <End line={ended} onClose={() => setEnded(null)} />}
      <div className="inline-form">
        <TextInput
          label={t("register.search")}
          value={words}
          onChange={(event) => setWords(event.currentTarget.value)}
        />
        <Select
          label={t("register.state")}
          data={[
            { value: "all", label: t("register.all", { count: query.data?.length ?? 0 }) },
            ...STATES.map((value) => ({ value, label: `${t(`register.is_${value}`)} ${count(value)}` })),
          ]}
          value={state}
          onChange={(value) => value && setState(value)}
          allowDeselect={false}
        />
        {mayReview && (
          <Button
            variant="default"
            onClick={() =>
              toggle(
                found.map((line) => line.camera),
                true,
              )
            }
            disabled={found.length === 0}
            data-testid="register-choose"
          >
            {t("register.choose_found", { count: found.length })}
          </Button>
        )}
        {chosen.size > 0 && (
          <Button variant="default" onClick={() => setChosen(new Set())}>
            {t("register.choose_none")}
          </Button>
        )}
      </div>
      {mayReview &&
        (chosen.size > 0 ? (
          <Decide chosen={[...chosen]} onDecided={decided} />
        ) : (
          <p className={done === null ? "dim" : "note-good"} role="status">
            {done === null ? t("register.choose_first") : t("register.decided", { count: done })}
          </p>
        ))}
      <Roster
        query={{ ...query, data: query.data && shown }}
        empty={{ title: t(query.data?.length ? "register.none_found" : "camera.none") }}
        idOf={(line) => line.camera}
        rowTestId="register-line"
        columns={[
          {
            key: "name",
            head: t("camera.name"),
            className: "nowrap",
            show: (line) =>
              mayReview ? (
                <Checkbox
                  label={line.name}
                  checked={chosen.has(line.camera)}
                  onChange={(event) => toggle([line.camera], event.currentTarget.checked)}
                />
              ) : (
                line.name
              ),
          },
          {
            key: "state",
            head: t("register.state"),
            className: (line) => (line.state === "reviewed" ? undefined : "ink-warn"),
            show: (line) => (
              <>
                {line.state === "reviewed" ? "" : "▲ "}
                {t(`register.is_${line.state}`)}
                {line.destroyed > 0 && (
                  <span className="dim"> {t("register.destroyed", { count: line.destroyed })}</span>
                )}
              </>
            ),
          },
          {
            key: "until",
            head: t("register.until"),
            className: "nowrap",
            show: (line) => day(line.until_us),
          },
          {
            key: "why",
            head: t("register.why"),
            show: (line) =>
              line.review ? (
                <>
                  {line.review.purpose}
                  <span className="dim">
                    {" "}
                    {t(`register.basis_${line.review.basis}`)} · {line.review.notice} ·{" "}
                    {line.review.decided_by_name}
                    {line.review.end_reason
                      ? ` · ${t("register.ended", { reason: line.review.end_reason })}`
                      : ""}
                  </span>
                </>
              ) : (
                <span className="dim">{t("register.nobody")}</span>
              ),
          },
          ...(mayReview
            ? [
                {
                  key: "end",
                  head: "",
                  show: (line: RegisterLine) =>
                    line.review && line.state !== "stopped" ? (
                      <Button size="compact-sm" variant="default" onClick={() => setEnded(line)}>
                        {t("register.end")}
                        <span className="unseen"> {line.name}</span>
                      </Button>
                    ) : null,
                },
              ]
            : []),
        ]}
      >
        {found.length > SHOWN_MAX && (
          <p className="dim">{t("register.more", { count: found.length - SHOWN_MAX })}</p>
        )}
      </Roster>
      {query.error && query.data && <Failure error={query.error} onRetry={() => void query.refetch()} />}
    </div>
  );
}
