// Warnings to the public: what is in force, what waits for a second person, and how one is written or taken in.

import "../investigate/investigate.css";
import "./warnings.css";
import { Tabs } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "wouter";
import { useSession } from "../app/session";
import { WarningImport } from "./WarningImport";
import { WarningList } from "./WarningList";
import { WriteWarning } from "./WriteWarning";

export default function WarningsPage() {
  const { t } = useTranslation();
  const { may } = useSession();
  const [params, setParams] = useSearchParams();
  const tabs = may("warnings.draft") ? (["list", "write", "import"] as const) : (["list"] as const);
  const tab = tabs.find((name) => name === params.get("tab")) ?? "list";
  const go = (next: Record<string, string>) => setParams(next);
  const show = (id: string) => go({ warning: id });
  return (
    <div className="page warnings-page">
      <Tabs value={tab} onChange={(next) => go(next && next !== "list" ? { tab: next } : {})}>
        <Tabs.List>
          {tabs.map((name) => (
            <Tabs.Tab key={name} value={name} data-testid={`warnings-${name}`}>
              {t(`warning.tab_${name}`)}
            </Tabs.Tab>
          ))}
        </Tabs.List>
      </Tabs>
      {tab === "list" && <WarningList />}
      {tab === "write" && (
        <WriteWarning
          key={`${params.get("update")} ${params.get("cancel")}`}
          update={params.get("update")}
          cancel={params.get("cancel")}
          onDone={show}
        />
      )}
      {tab === "import" && <WarningImport onShow={show} />}
    </div>
  );
}
