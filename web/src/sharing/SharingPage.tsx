// Whom the house shares with: what passed, by which agreement, and one switch for each.

import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { sharing } from "../app/api/calls.sharing";
import { Answer, Empty } from "../app/states";
import { PartnerCard } from "./PartnerCard";
import "./sharing.css";

export default function SharingPage() {
  const { t } = useTranslation();
  const query = useQuery({ queryKey: ["sharing"], queryFn: sharing.list });
  return (
    <div className="page">
      <p className="dim">{t("sharing.intro")}</p>
      <Answer query={query}>
        {(page) =>
          page.items.length === 0 ? (
            <Empty title={t("sharing.none")} />
          ) : (
            page.items.map((of) => <PartnerCard key={of.id} of={of} />)
          )
        }
      </Answer>
    </div>
  );
}
