// Incidents that are given out without anybody in them: one asks, another releases or refuses.

import { Button, Textarea, TextInput } from "@mantine/core";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ActForm } from "../app/ActForm";
import { microsFromTaipei, taipei } from "../app/age";
import { disclosures } from "../app/api/calls.disclosures";
import type { Disclosure, DisclosureScope } from "../app/api/types.disclosures";
import { MoreButton } from "../app/MoreButton";
import { useSession } from "../app/session";
import { Answer, Empty, Failure } from "../app/states";
import { saveFile } from "../investigate/csv";

const LIST = ["disclosures"];
const TEXT_MAX = 300;

function useAct(run: () => Promise<unknown>, onDone = () => {}) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: run,
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: LIST });
      onDone();
    },
  });
}

/** One incident where its number is given, else the days from one to the other. */
function scopeOf(number: string, from: string, until: string): DisclosureScope | null {
  if (number.trim()) return { by: "incident", number: number.trim() };
  const [from_us, until_us] = [microsFromTaipei(`${from}T00:00`), microsFromTaipei(`${until}T00:00`)];
  return from && until && from_us !== null && until_us !== null ? { by: "time", from_us, until_us } : null;
}

function Ask() {
  const { t } = useTranslation();
  const [ref, setRef] = useState("");
  const [basis, setBasis] = useState("");
  const [number, setNumber] = useState("");
  const [from, setFrom] = useState("");
  const [until, setUntil] = useState("");
  const scope = scopeOf(number, from, until);
  const act = useAct(
    () =>
      scope
        ? disclosures.ask({ request_ref: ref.trim(), basis: basis.trim(), scope })
        : Promise.reject(new Error("no scope")),
    () => setRef(""),
  );
  return (
    <ActForm
      className="form-grid"
      act={act}
      label={t("disclosure.ask")}
      isComplete={ref.trim().length >= 2 && basis.trim().length >= 2 && scope !== null}
      buttonTestId="disclosure-ask"
    >
      <TextInput
        label={t("disclosure.ref")}
        description={t("disclosure.ref_hint")}
        value={ref}
        maxLength={TEXT_MAX}
        onChange={(event) => setRef(event.currentTarget.value)}
        required
      />
      <TextInput
        label={t("disclosure.basis")}
        value={basis}
        maxLength={TEXT_MAX}
        onChange={(event) => setBasis(event.currentTarget.value)}
        required
      />
      <TextInput
        label={t("disclosure.number")}
        description={t("disclosure.number_hint")}
        value={number}
        onChange={(event) => setNumber(event.currentTarget.value)}
      />
      <TextInput
        type="date"
        label={t("disclosure.from")}
        value={from}
        onChange={(event) => setFrom(event.currentTarget.value)}
      />
      <TextInput
        type="date"
        label={t("disclosure.until")}
        description={t("disclosure.until_hint")}
        value={until}
        onChange={(event) => setUntil(event.currentTarget.value)}
      />
    </ActForm>
  );
}

function Decide({ of }: { of: Disclosure }) {
  const { t } = useTranslation();
  const [without, setWithout] = useState("");
  const [reason, setReason] = useState("");
  const numbers = without.split(/[^0-9A-Za-z-]+/).filter(Boolean);
  const release = useAct(() => disclosures.release(of.id, numbers));
  const refuse = useAct(() => disclosures.refuse(of.id, reason.trim()));
  return (
    <div className="form-grid">
      <ActForm
        className="stack"
        act={release}
        label={t("disclosure.release")}
        isComplete
        buttonTestId="disclosure-release"
      >
        <TextInput
          label={t("disclosure.without")}
          description={t("disclosure.without_hint")}
          value={without}
          onChange={(event) => setWithout(event.currentTarget.value)}
        />
      </ActForm>
      <ActForm
        className="stack"
        act={refuse}
        label={t("disclosure.refuse")}
        isComplete={reason.trim().length >= 2}
        button={{ variant: "default" }}
        buttonTestId="disclosure-refuse"
      >
        <Textarea
          label={t("disclosure.reason")}
          value={reason}
          maxLength={TEXT_MAX}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
      </ActForm>
    </div>
  );
}

function Card({ of }: { of: Disclosure }) {
  const { t } = useTranslation();
  const { may } = useSession();
  const fetch = useMutation({
    mutationFn: () => disclosures.file(of.id),
    onSuccess: (file) =>
      saveFile(`shouhu-disclosure-${of.id}.json`, JSON.stringify(file, null, 1), "application/json"),
  });
  const scope =
    of.scope.by === "incident"
      ? of.scope.number
      : `${taipei(of.scope.from_us)} – ${taipei(of.scope.until_us)}`;
  return (
    <article className="panel stack" data-testid="disclosure" aria-label={of.request_ref}>
      <h3 className="section-title">{of.request_ref}</h3>
      <p>
        {t(`disclosure.state_${of.state}`)} · {scope}
      </p>
      <p className="dim">{of.basis}</p>
      <p className="dim">
        {of.asked_by_name} {taipei(of.asked_at_us)}
        {of.decided_at_us !== null && ` → ${of.decided_by_name} ${taipei(of.decided_at_us)}`}
      </p>
      {of.reason && <p>{of.reason}</p>}
      {of.state === "asked" && may("disclosures.decide") && <Decide of={of} />}
      {of.state === "released" && (
        <Button variant="default" className="start" loading={fetch.isPending} onClick={() => fetch.mutate()}>
          {t("disclosure.fetch")}
        </Button>
      )}
      {fetch.error && <Failure error={fetch.error} />}
    </article>
  );
}

export function Disclosures() {
  const { t } = useTranslation();
  const { may } = useSession();
  const query = useInfiniteQuery({
    queryKey: LIST,
    initialPageParam: null as string | null,
    queryFn: ({ pageParam }) => disclosures.list(pageParam),
    getNextPageParam: (last) => last.next_cursor,
    refetchOnWindowFocus: false,
  });
  return (
    <section className="stack" data-testid="disclosures">
      <p className="dim">{t("disclosure.intro")}</p>
      {may("disclosures.decide") && <Ask />}
      <Answer query={query}>
        {({ pages }) => {
          const items = pages.flatMap((page) => page.items);
          return items.length === 0 ? (
            <Empty title={t("disclosure.none")} />
          ) : (
            items.map((of) => <Card key={of.id} of={of} />)
          );
        }}
      </Answer>
      <MoreButton query={query} />
    </section>
  );
}
