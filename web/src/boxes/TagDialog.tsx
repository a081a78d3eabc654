// A tag inside the box, tied to it by its number and two keys that only the tag and the server know.

import { Button, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ActForm } from "../app/ActForm";
import { patrol } from "../app/api/calls.patrol";
import type { PatrolBox } from "../app/api/types.patrol";
import { OnceDialog } from "./OnceDialog";
import { Secrets } from "./Secrets";

interface Props {
  box: PatrolBox;
  isOpen: boolean;
  onClose: () => void;
}

/** Readers write it with colons, blanks or dashes. */
export const cleanUid = (raw: string) =>
  raw
    .normalize("NFKC")
    .toUpperCase()
    .replace(/[^0-9A-F]/g, "");
const UID_LENGTH = 14;

function Inside({ box, onClose, onKeys }: Omit<Props, "isOpen"> & { onKeys: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [text, setText] = useState("");
  const uid = cleanUid(text);
  const tie = useMutation({
    mutationFn: () => patrol.tag(box.id, uid),
    onSuccess: () => {
      onKeys();
      void client.invalidateQueries({ queryKey: ["patrol-boxes"] });
    },
  });
  const { data } = tie;
  if (data) {
    return (
      <div className="stack">
        <p>{t("box.tag_program")}</p>
        <Secrets
          lines={[
            { name: "uid", label: t("box.tag_uid"), value: data.uid },
            { name: "meta", label: t("box.tag_meta"), value: data.meta_read_key_hex },
            { name: "file", label: t("box.tag_file"), value: data.file_read_key_hex },
            { name: "url", label: t("box.tag_url"), value: data.ndef_url },
          ]}
        />
        <Button onClick={onClose}>{t("box.once_done")}</Button>
      </div>
    );
  }
  return (
    <ActForm
      className="stack"
      act={tie}
      label={t("box.tag_make")}
      isComplete={uid.length === UID_LENGTH}
      buttonTestId="tag-make"
    >
      <p className="dim">{t("box.tag_hint")}</p>
      <TextInput
        label={t("box.tag_uid")}
        description={t("box.tag_uid_hint", { count: uid.length })}
        placeholder="04 DE 5F 1E AC C0 40"
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        autoComplete="off"
        spellCheck={false}
        classNames={{ input: "code" }}
        data-autofocus
        data-testid="tag-uid"
      />
    </ActForm>
  );
}

export function TagDialog({ box, isOpen, onClose }: Props) {
  const { t } = useTranslation();
  return (
    <OnceDialog title={`${t("box.tag")} · ${box.number}`} isOpen={isOpen} onClose={onClose}>
      {(onKeys, close) => <Inside box={box} onKeys={onKeys} onClose={close} />}
    </OnceDialog>
  );
}
