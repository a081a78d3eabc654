// A line beside an incident; crews that are at it read it at once.

import { Button, Textarea } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { desk } from "../../app/api/calls.desk";
import type { Id } from "../../app/api/types";
import { useKeys } from "../../app/keys";
import { Failure } from "../../app/states";
import { leftAfter } from "./note";

/** As the server has it. */
export const NOTE_MAX = 2_000;

export function NoteBox({ id }: { id: Id }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const box = useRef<HTMLTextAreaElement>(null);
  const [text, setText] = useState("");
  // What is drawn may lag behind a second press of the key.
  const isSending = useRef(false);
  const add = useMutation({
    mutationFn: (said: string) => desk.note(id, said),
    onSuccess: (_, said) => {
      setText((typed) => leftAfter(typed, said));
      void client.invalidateQueries({ queryKey: ["incidents", "log", id] });
    },
    onSettled: () => {
      isSending.current = false;
    },
  });
  const send = () => {
    if (!text.trim() || isSending.current) return;
    isSending.current = true;
    add.mutate(text);
  };
  useKeys({ w: () => box.current?.focus() });
  return (
    <div className="note-box">
      <Textarea
        ref={box}
        label={t("desk.note")}
        placeholder={t("desk.note_hint")}
        autosize
        minRows={1}
        maxRows={6}
        maxLength={NOTE_MAX}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.nativeEvent.isComposing) return;
          if (event.key === "Enter" && !event.shiftKey) {
            event.preventDefault();
            if (!event.repeat) send();
          } else if (event.key === "Escape") {
            event.preventDefault();
            event.currentTarget.blur();
          }
        }}
        data-testid="note-text"
      />
      <Button
        size="compact-sm"
        variant="default"
        disabled={!text.trim()}
        loading={add.isPending}
        onClick={send}
        data-testid="add-note"
      >
        {t("desk.add_note")}
      </Button>
      {add.error && <Failure error={add.error} />}
    </div>
  );
}
