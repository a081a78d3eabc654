// The second person: looks at what would be given out, keeps some of it back, releases the rest or refuses all of it.

import { Button, Textarea } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { disclosures } from "../../app/api/calls.disclosures";
import { ApiError } from "../../app/api/client";
import type { Disclosure, DisclosurePreview } from "../../app/api/types.disclosures";
import { Failure } from "../../app/states";
import { useAct } from "../../app/useAct";
import { SureButton } from "../../operate/SureButton";
import { TEXT_CHARS_MAX, TEXT_CHARS_MIN } from "./AskDisclosure";
import { Preview } from "./Preview";

function Release({
  id,
  preview,
  onChanged,
}: {
  id: string;
  preview: DisclosurePreview;
  onChanged: () => void;
}) {
  const { t } = useTranslation();
  const [keptBack, setKeptBack] = useState<ReadonlySet<string>>(new Set());
  const { entries, entries_sha256 } = preview;
  const release = useAct("disclosures", () =>
    disclosures.release(id, { entries_sha256, without: [...keptBack] }).catch((error: unknown) => {
      // What stands here is not what there is any more: nothing is released of it.
      if (error instanceof ApiError && error.key === "oversight.disclosure.changed") onChanged();
      throw error;
    }),
  );
  const keep = (number: string, isKept: boolean) =>
    setKeptBack((old) => {
      const made = new Set(old);
      if (isKept) made.add(number);
      else made.delete(number);
      return made;
    });
  return (
    <>
      <p className="dim">{t("disclosure.keep_hint")}</p>
      <Preview preview={preview} keptBack={keptBack} onKeep={keep} />
      {release.error && <Failure error={release.error} />}
      <div className="acts">
        <SureButton
          size="md"
          label={t("disclosure.release", { count: entries.length - keptBack.size, kept: keptBack.size })}
          sure={t("disclosure.release_sure")}
          isBusy={release.isPending}
          isDisabled={keptBack.size === entries.length}
          onSure={() => release.mutate()}
          testId="disclosure-release"
        />
      </div>
    </>
  );
}

function Refuse({ id }: { id: string }) {
  const { t } = useTranslation();
  const [reason, setReason] = useState("");
  const refuse = useAct("disclosures", () => disclosures.refuse(id, reason.trim()));
  return (
    <>
      <Textarea
        label={t("disclosure.reason")}
        description={t("app.chars", { min: TEXT_CHARS_MIN, max: TEXT_CHARS_MAX })}
        value={reason}
        maxLength={TEXT_CHARS_MAX}
        onChange={(event) => setReason(event.currentTarget.value)}
        autosize
        minRows={2}
        data-testid="disclosure-reason"
      />
      {refuse.error && <Failure error={refuse.error} />}
      <div className="acts">
        <SureButton
          size="md"
          label={t("disclosure.refuse")}
          sure={t("disclosure.refuse_sure")}
          isBusy={refuse.isPending}
          isDisabled={reason.trim().length < TEXT_CHARS_MIN}
          onSure={() => refuse.mutate()}
          testId="disclosure-refuse"
        />
      </div>
    </>
  );
}

export function DecideDisclosure({ of }: { of: Disclosure }) {
  const { t } = useTranslation();
  const [isChanged, setChanged] = useState(false);
  // Each look is a leaf of the log: it is read when somebody asks.
  const look = useMutation({
    mutationFn: () => disclosures.preview(of.id),
    onSuccess: () => setChanged(false),
  });
  return (
    <div className="stack" data-testid="disclosure-decide">
      {isChanged && (
        <p className="note-warn" role="alert">
          ▲ {t("disclosure.changed")}
        </p>
      )}
      {look.error && <Failure error={look.error} />}
      {look.data ? (
        <Release
          key={look.data.entries_sha256}
          id={of.id}
          preview={look.data}
          onChanged={() => {
            setChanged(true);
            look.reset();
          }}
        />
      ) : (
        <Button
          variant="default"
          className="start"
          loading={look.isPending}
          onClick={() => look.mutate()}
          data-testid="disclosure-look"
        >
          {t("disclosure.look")}
        </Button>
      )}
      <Refuse id={of.id} />
    </div>
  );
}
