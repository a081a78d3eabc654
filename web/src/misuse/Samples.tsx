// The weekly sample: which leaves were drawn, and from which checkpoint anybody can draw them again.

import { Button } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { taipei } from "../app/age";
import { misuse } from "../app/api/calls.misuse";
import type { Sample } from "../app/api/types.misuse";
import { MoreButton } from "../app/MoreButton";
import { Answer, Empty } from "../app/states";
import { OpenForm } from "./OpenForm";

function One({ sample, onOpened }: { sample: Sample; onOpened: (id: string) => void }) {
  const { t } = useTranslation();
  const [leaf, setLeaf] = useState<number | null>(null);
  return (
    <article className="panel observation" data-testid="misuse-sample">
      <header>
        <h3 className="section-title">
          {t("misuse.sample_of", { from: sample.from_leaf, to: sample.to_leaf })}
        </h3>
        <span className="dim">{taipei(sample.closed_at_us)}</span>
      </header>
      {sample.checkpoint === null ? (
        <p className="ink-warn">△ {t("misuse.sample_waits")}</p>
      ) : (
        <>
          <p>
            {t("misuse.sample_drawn", { drawn: sample.drawn.length, questions: sample.questions.length })}
          </p>
          <div className="misuse-draws">
            {sample.questions.map((seq) => (
              <Button
                key={seq}
                size="xs"
                variant="default"
                aria-pressed={leaf === seq}
                onClick={() => setLeaf(leaf === seq ? null : seq)}
              >
                {seq}
              </Button>
            ))}
          </div>
          {leaf !== null && <OpenForm key={leaf} from={{ leaf }} onOpened={onOpened} />}
          <details>
            <summary>{t("misuse.sample_checkpoint")}</summary>
            <pre className="code">{sample.checkpoint}</pre>
            <p className="code">{sample.drawn.join(" ")}</p>
          </details>
        </>
      )}
    </article>
  );
}

export function Samples({ onOpened }: { onOpened: (id: string) => void }) {
  const { t } = useTranslation();
  const query = useInfiniteQuery({
    queryKey: ["misuse", "samples"],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam }) => misuse.samples(pageParam),
    getNextPageParam: (last) => last.next_cursor,
  });
  return (
    <>
      <p className="dim">{t("misuse.sample_hint")}</p>
      <Answer query={query}>
        {(data) => {
          const all = data.pages.flatMap((page) => page.items);
          return (
            <>
              {all.length === 0 && <Empty title={t("misuse.samples_none")} />}
              {all.map((sample) => (
                <One key={sample.close_leaf} sample={sample} onOpened={onOpened} />
              ))}
              <MoreButton query={query} />
            </>
          );
        }}
      </Answer>
    </>
  );
}
