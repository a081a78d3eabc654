// Incidents that are given out without anybody in them: one asks, another releases or refuses.

import { Button } from "@mantine/core";
import { useInfiniteQuery, useMutation } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { taipei } from "../../app/age";
import { disclosures } from "../../app/api/calls.disclosures";
import type { Disclosure } from "../../app/api/types.disclosures";
import { MoreButton } from "../../app/MoreButton";
import { useSession } from "../../app/session";
import { Answer, Empty, Failure } from "../../app/states";
import { saveFile } from "../../investigate/csv";
import { AskForm } from "./AskDisclosure";
import { DecideDisclosure } from "./DecideDisclosure";
import { sayScope } from "./scope";

function Card({ of }: { of: Disclosure }) {
  const { t } = useTranslation();
  const { may } = useSession();
  const fetch = useMutation({
    mutationFn: () => disclosures.file(of.id),
    onSuccess: (file) =>
      saveFile(`shouhu-disclosure-${of.id}.json`, JSON.stringify(file, null, 1), "application/json"),
  });
  // Who was releasing it may have died: the server says whether somebody still is.
  const isWaiting = of.state === "asked" || of.state === "releasing";
  return (
    <article className="panel stack" data-testid="disclosure" aria-label={of.request_ref}>
      <h3 className="section-title">{of.request_ref}</h3>
      <p>
        {t(`disclosure.state_${of.state}`)} · {sayScope(of.scope)}
      </p>
      <p className="dim">{of.basis}</p>
      <p className="dim">
        {of.asked_by_name} {taipei(of.asked_at_us)}
        {of.decided_at_us !== null && ` → ${of.decided_by_name} ${taipei(of.decided_at_us)}`}
      </p>
      {of.reason && <p>{of.reason}</p>}
      {isWaiting && may("disclosures.decide") && <DecideDisclosure of={of} />}
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
    queryKey: ["disclosures"],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam }) => disclosures.list(pageParam),
    getNextPageParam: (last) => last.next_cursor,
    refetchOnWindowFocus: false,
  });
  return (
    <section className="stack" data-testid="disclosures">
      <p className="dim">{t("disclosure.intro")}</p>
      {may("disclosures.decide") && <AskForm />}
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
