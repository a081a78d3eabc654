// Sealed cases: that they are there for whoever oversees, what they are about for those who know it.

import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { seals } from "../app/api/calls.seals";
import { useSession } from "../app/session";
import { Answer, Empty } from "../app/states";
import { AskForm } from "./AskForm";
import { SealCard } from "./SealCard";
import "./seals.css";

export default function SealsPage() {
  const { t } = useTranslation();
  const { may } = useSession();
  const [isAsking, setIsAsking] = useState(false);
  const query = useQuery({ queryKey: ["seals"], queryFn: seals.list });
  return (
    <div className="page">
      <p className="dim">{t("seals.intro")}</p>
      {may("seals.ask") && (
        <Button
          className="start"
          variant={isAsking ? "filled" : "default"}
          aria-expanded={isAsking}
          onClick={() => setIsAsking(!isAsking)}
          data-testid="seal-ask"
        >
          {t("seals.ask")}
        </Button>
      )}
      {isAsking && (
        <section className="panel" aria-label={t("seals.ask")}>
          <AskForm onDone={() => setIsAsking(false)} />
        </section>
      )}
      <Answer query={query}>
        {(page) =>
          page.items.length === 0 ? (
            <Empty title={t("seals.none")} />
          ) : (
            page.items.map((of) => <SealCard key={of.id} of={of} />)
          )
        }
      </Answer>
    </div>
  );
}
