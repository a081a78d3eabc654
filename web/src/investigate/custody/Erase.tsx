// Erasure of one plate: typed twice, with a reason, said before it is done. There is no way back.

import { Textarea, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ActForm } from "../../app/ActForm";
import { custody } from "../../app/api/calls.lake";
import { isPattern, KNOWN_MIN, readPlate } from "../plateText";

export function Erase() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [plate, setPlate] = useState("");
  const [again, setAgain] = useState("");
  const [reason, setReason] = useState("");
  const [caseRef, setCaseRef] = useState("");
  const read = readPlate(plate);
  const isWhole = read.known >= KNOWN_MIN && !isPattern(read) && read.wrong.length === 0;
  const isSame = isWhole && readPlate(again).text === read.text;
  const erase = useMutation({
    mutationFn: () =>
      custody.erase({
        plate: read.text,
        reason: reason.trim(),
        ...(caseRef.trim() ? { case_ref: caseRef.trim() } : {}),
      }),
    onSuccess: async () => {
      setPlate("");
      setAgain("");
      setReason("");
      await client.invalidateQueries({ queryKey: ["lake", "retention"] });
    },
  });
  return (
    <section className="panel">
      <h2 className="section-title">{t("custody.erase_title")}</h2>
      <p className="note-warn">▲ {t("custody.erase_warn")}</p>
      <ActForm
        className="form-grid"
        act={erase}
        label={t("custody.erase")}
        isComplete={isSame && reason.trim() !== ""}
        button={{ color: "red" }}
        buttonTestId="erase-confirm"
        done={
          erase.data && (
            <p className="note-good" role="status" data-testid="erase-done">
              ✓ {t("custody.erased", { count: erase.data.erased, pictures: erase.data.pictures })}
            </p>
          )
        }
      >
        <TextInput
          label={t("custody.erase_plate")}
          description={isWhole ? t("lake.plate_read", { plate: read.text }) : t("lake.plate_hint_whole")}
          value={plate}
          onChange={(event) => setPlate(event.currentTarget.value)}
          classNames={{ input: "plate" }}
          autoComplete="off"
          data-testid="erase-plate"
        />
        <TextInput
          label={t("custody.erase_again")}
          description={t("custody.erase_again_hint")}
          value={again}
          onChange={(event) => setAgain(event.currentTarget.value)}
          error={again !== "" && !isSame && t("custody.erase_differs")}
          classNames={{ input: "plate" }}
          autoComplete="off"
          data-testid="erase-again"
        />
        <Textarea
          className="form-wide"
          label={t("custody.note")}
          description={t("custody.erase_reason_hint")}
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
          autosize
          minRows={2}
          data-testid="erase-reason"
        />
        <TextInput
          label={t("search.case")}
          value={caseRef}
          onChange={(event) => setCaseRef(event.currentTarget.value)}
          maxLength={60}
        />
      </ActForm>
    </section>
  );
}
