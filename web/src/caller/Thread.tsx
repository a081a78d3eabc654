// What is said both ways. Nothing shows as delivered before the server has it, nor as read before a dispatcher said so.

import { useEffect, useRef, useState } from "react";
import type { CallerLine, LineState } from "./line";
import { WORD_CHARS_MAX } from "./rules";
import { QUICK, type Say } from "./words";

function Messages({ state, say }: { state: LineState; say: Say }) {
  const { words, pending, page, isSilent } = state;
  const list = useRef<HTMLOListElement>(null);
  const count = words.length + pending.length;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the newest is what is read
  useEffect(() => {
    list.current?.scrollTo({ top: list.current.scrollHeight });
  }, [count]);
  const waiting = (refused: string | null) =>
    refused === null
      ? say("waiting")
      : say("failed", {
          why: refused.endsWith("too_long") ? say("too_long", { count: WORD_CHARS_MAX }) : refused,
        });
  return (
    // A phone that reads aloud must not, where nobody may hear it.
    <ol className="caller-thread" ref={list} aria-live={isSilent ? "off" : "polite"} data-testid="thread">
      {count === 0 && <li className="caller-dim">{say("nothing_yet")}</li>}
      {words.map((word) => (
        <li key={word.seq} data-side={word.side} data-testid="word">
          {word.side === "centre" && <small>{say("centre")}</small>}
          <span>{word.text}</span>
          {word.side === "caller" && (
            <small>{say(word.seq <= (page?.read_through ?? 0) ? "read" : "delivered")}</small>
          )}
        </li>
      ))}
      {pending.map((one) => (
        <li key={one.key} data-side="caller" data-testid="pending">
          <span>{one.text}</span>
          <small>{waiting(one.refused)}</small>
        </li>
      ))}
    </ol>
  );
}

export function Thread({ line, state, say }: { line: CallerLine; state: LineState; say: Say }) {
  const [text, setText] = useState("");
  const send = () => {
    line.write(text);
    setText("");
  };
  return (
    <section className="caller-panel" aria-label={say("thread")}>
      <Messages state={state} say={say} />
      <form
        className="caller-write"
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
      >
        <input
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          maxLength={WORD_CHARS_MAX}
          placeholder={say("input")}
          aria-label={say("input")}
          autoComplete="off"
          enterKeyHint="send"
          data-testid="word-text"
        />
        <button
          type="submit"
          className="caller-button caller-main"
          disabled={!text.trim()}
          data-testid="send-word"
        >
          {say("send")}
        </button>
      </form>
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset around single acts would say that they are one choice */}
      <div className="caller-quick" role="group" aria-label={say("quick")}>
        {QUICK.map((quick) => (
          <button
            key={quick}
            type="button"
            className="caller-button"
            onClick={() => line.write(say(quick))}
            data-testid={quick}
          >
            {say(quick)}
          </button>
        ))}
      </div>
    </section>
  );
}
