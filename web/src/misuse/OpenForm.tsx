// Opens a case file: from a hint, or from a leaf of the log.

import { Textarea } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ActForm } from "../app/ActForm";
import { misuse } from "../app/api/calls.misuse";
import type { OpenCase } from "../app/api/types.misuse";
import { isSaid, TEXT_CHARS_MAX } from "./said";

interface Props {
  from: Omit<OpenCase, "reason">;
  onOpened: (id: string) => void;
}

export function OpenForm({ from, onOpened }: Props) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [reason, setReason] = useState("");
  const act = useMutation({
    mutationFn: () => misuse.open({ ...from, reason }),
    onSuccess: (file) => {
      void client.invalidateQueries({ queryKey: ["misuse"] });
      onOpened(file.id);
    },
  });
  return (
    <ActForm
      className="stack"
      act={act}
      label={t("misuse.open")}
      isComplete={isSaid(reason)}
      buttonTestId="misuse-open"
    >
      <Textarea
        label={t("misuse.open_reason")}
        description={t("misuse.chars")}
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
        autosize
        maxLength={TEXT_CHARS_MAX}
        data-testid="misuse-open-reason"
      />
    </ActForm>
  );
}
