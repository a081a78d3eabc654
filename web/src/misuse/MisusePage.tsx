// The auditor's console: hints, case files with their terms, what is known of vehicles, and the weekly sample.

import { Tabs } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "wouter";
import { useSession } from "../app/session";
import { Alerts } from "./Alerts";
import { CaseFile } from "./CaseFile";
import { Cases } from "./Cases";
import { Marks } from "./Marks";
import { Samples } from "./Samples";
import "../observations/observations.css";

const TABS = ["alerts", "cases", "sample", "marks"] as const;

export default function MisusePage() {
  const { t } = useTranslation();
  const { me } = useSession();
  const [params, setParams] = useSearchParams();
  const file = params.get("file");
  const tab = TABS.find((name) => name === params.get("tab")) ?? (file ? "cases" : "alerts");
  const show = (id: string) => setParams({ tab: "cases", file: id });
  return (
    <div className="page misuse-page">
      <p className="dim">{t("misuse.intro")}</p>
      {me && !me.office && (
        <p className="note-warn" role="status" data-testid="no-office">
          {t("misuse.no_office")}
        </p>
      )}
      <Tabs value={tab} onChange={(next) => setParams(next ? { tab: next } : {})}>
        <Tabs.List>
          {TABS.map((name) => (
            <Tabs.Tab key={name} value={name} data-testid={`misuse-${name}`}>
              {t(`misuse.tab_${name}`)}
            </Tabs.Tab>
          ))}
        </Tabs.List>
      </Tabs>
      {tab === "alerts" && <Alerts onOpened={show} />}
      {tab === "cases" && (file ? <CaseFile key={file} id={file} /> : <Cases onShow={show} />)}
      {tab === "sample" && <Samples onOpened={show} />}
      {tab === "marks" && <Marks />}
    </div>
  );
}
