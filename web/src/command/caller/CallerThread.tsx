// What is written both ways. Nothing shows as read before the caller's page has shown it.

import { Button, Textarea } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { taipeiTime } from "../../app/age";
import { callers } from "../../app/api/calls.caller";
import { newKey } from "../../app/api/client";
import type { CallerView } from "../../app/api/types.caller";
import { Failure } from "../../app/states";
import { leftAfter } from "../desk/note";
import { unreadOf } from "./useCaller";

/** As the server has it. */
const WORD_CHARS_MAX = 500;

interface Props {
  view: CallerView;
  /** Somebody can read an answer. */
  isOpen: boolean;
  onChange: (view: CallerView) => void;
}

export function CallerThread({ view, isOpen, onChange }: Props) {
  const { t } = useTranslation();
  const { call, words } = view;
  const [text, setText] = useState("");
  const list = useRef<HTMLOListElement>(null);
  // The same key until it is there: an answer that was lost on the way is not written twice.
  const key = useRef(newKey());
  const unread = unreadOf(view);
  const last = words.at(-1)?.seq ?? 0;
  const read = useMutation({
    mutationFn: (through: number) => callers.read(call, through),
    onSuccess: onChange,
  });
  const answer = useMutation({
    mutationFn: ({ said }: { said: string; through: number }) => callers.answer(call, key.current, said),
    onSuccess: (changed, { said, through }) => {
      key.current = newKey();
      setText((typed) => leftAfter(typed, said));
      onChange(changed);
      // Whoever answers has read what stood there.
      if (unread > 0) read.mutate(through);
    },
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: the newest is what is read
  useEffect(() => {
    list.current?.scrollTo({ top: list.current.scrollHeight });
  }, [words.length]);
  const send = () => {
    if (text.trim() && !answer.isPending) answer.mutate({ said: text, through: last });
  };
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what is longer than its box is read with the arrow keys */}
      <ol className="caller-words" ref={list} aria-live="polite" tabIndex={0} aria-label={t("caller.thread")}>
        {words.map((word) => (
          <li key={word.seq} data-side={word.side} data-testid="caller-word">
            <span className="dim">
              <span className="number">{taipeiTime(word.at_us)}</span>{" "}
              {word.side === "caller" ? t("caller.caller") : word.by_name}
            </span>
            <span>{word.text}</span>
            {word.side === "centre" && (
              <span className="dim">{t(word.read_at_us === null ? "caller.sent" : "caller.shown")}</span>
            )}
            {word.side === "caller" && word.read_at_us === null && (
              <span className="ink-warn">● {t("caller.new")}</span>
            )}
          </li>
        ))}
      </ol>
      {unread > 0 && (
        <Button
          size="compact-md"
          variant="default"
          loading={read.isPending}
          onClick={() => read.mutate(last)}
          data-testid="read-caller"
        >
          {t("caller.mark_read")}
        </Button>
      )}
      {isOpen && (
        <div className="caller-answer">
          <Textarea
            label={t("caller.answer")}
            placeholder={t("caller.answer_hint")}
            autosize
            minRows={1}
            maxRows={4}
            maxLength={WORD_CHARS_MAX}
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
            onKeyDown={(event) => {
              if (event.nativeEvent.isComposing || event.key !== "Enter" || event.shiftKey) return;
              // Not the form around it, which would open an incident.
              event.preventDefault();
              if (!event.repeat) send();
            }}
            data-testid="caller-answer"
          />
          <Button
            size="compact-md"
            variant="default"
            disabled={!text.trim()}
            loading={answer.isPending}
            onClick={send}
            data-testid="send-caller-answer"
          >
            {t("caller.send")}
          </Button>
        </div>
      )}
      {answer.error && <Failure error={answer.error} />}
      {read.error && <Failure error={read.error} />}
    </>
  );
}
