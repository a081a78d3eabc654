// The decision. The plate is typed from the picture, not copied: that is the point of asking a person.

import { Button, Textarea, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { hits as hitCalls } from "../app/api/calls";
import { ApiError } from "../app/api/client";
import { type Hit, REJECT_REASONS, type RejectReason } from "../app/api/types";
import { Key } from "../app/Key";
import { useKeys } from "../app/keys";
import { ReasonSelect } from "../app/ReasonSelect";
import { Failure } from "../app/states";

export function HitDecision({ hit }: { hit: Hit }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [seen, setSeen] = useState("");
  const [note, setNote] = useState("");
  const [isRejecting, setRejecting] = useState(false);
  const [reason, setReason] = useState<RejectReason | null>(null);
  const input = useRef<HTMLInputElement>(null);
  const select = useRef<HTMLInputElement>(null);

  const act = useMutation({
    mutationFn: (what: "confirm" | "reject") =>
      what === "confirm"
        ? hitCalls.confirm(hit.id, seen, note)
        : hitCalls.reject(hit.id, reason ?? "misread", note),
    onSuccess: (decided) => {
      client.setQueryData(["hits", hit.id], decided);
      void client.invalidateQueries({ queryKey: ["hits", "queue"] });
      // The card goes on with the next step; keys must reach it, not a field that is gone.
      document.getElementById("card")?.focus();
    },
    onError: (error) => {
      if (error instanceof ApiError && error.status === 409)
        void client.invalidateQueries({ queryKey: ["hits"] });
    },
  });

  useKeys({
    c: () => {
      setRejecting(false);
      setTimeout(() => input.current?.focus());
    },
    r: () => {
      setRejecting(true);
      setTimeout(() => select.current?.focus());
    },
  });

  if (isRejecting) {
    return (
      <section className="decision" aria-label={t("hit.reject")}>
        <ReasonSelect
          asked="hit"
          ref={select}
          label={t("hit.why_not")}
          placeholder={t("hit.why_not_hint")}
          codes={REJECT_REASONS}
          value={reason}
          onChange={setReason}
          allowDeselect={false}
          size="md"
          testId="reject-reason"
        />
        <Textarea
          label={t("hit.note")}
          value={note}
          onChange={(event) => setNote(event.currentTarget.value)}
          autosize
          minRows={1}
          maxLength={500}
        />
        <div className="two">
          <Button variant="default" size="md" onClick={() => setRejecting(false)}>
            {t("app.back")}
          </Button>
          <Button
            color="red"
            size="md"
            disabled={!reason}
            loading={act.isPending}
            onClick={() => act.mutate("reject")}
            data-testid="reject-hit"
          >
            {t("hit.reject")}
          </Button>
        </div>
        {act.error && <Failure error={act.error} />}
      </section>
    );
  }
  return (
    <section className="decision" aria-label={t("hit.decide")}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (seen.trim()) act.mutate("confirm");
        }}
      >
        <TextInput
          ref={input}
          label={t("hit.plate_seen")}
          description={t("hit.plate_seen_hint")}
          value={seen}
          onChange={(event) => setSeen(event.currentTarget.value.toUpperCase())}
          onPaste={(event) => event.preventDefault()}
          onKeyDown={(event) => event.key === "Escape" && input.current?.blur()}
          autoComplete="off"
          spellCheck={false}
          maxLength={12}
          size="md"
          classNames={{ input: "plate plate-input" }}
          rightSection={<Key>c</Key>}
          data-testid="plate-seen-input"
        />
        <div className="two">
          <Button
            variant="default"
            size="md"
            rightSection={<Key>r</Key>}
            onClick={() => setRejecting(true)}
            data-testid="reject-hit"
          >
            {t("hit.reject_more")}
          </Button>
          <Button
            type="submit"
            size="md"
            disabled={!seen.trim()}
            loading={act.isPending}
            rightSection={<Key>↵</Key>}
            data-testid="confirm-hit"
          >
            {t("hit.confirm")}
          </Button>
        </div>
      </form>
      {act.error && <Failure error={act.error} />}
    </section>
  );
}
