// The tools that oneself has said yes to, and how a yes is taken back.

import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { taipei } from "../app/age";
import { sso } from "../app/api/calls.sso";
import type { SsoAgreedTool } from "../app/api/types.sso";
import { Answer, Empty, Failure } from "../app/states";
import { useAct } from "../app/useAct";
import { ToldList, useToolName } from "./TellsTool";

const KEY = "sso-tools";

function Tool({ tool, onGone }: { tool: SsoAgreedTool; onGone: (name: string) => void }) {
  const { t } = useTranslation();
  const name = useToolName(tool);
  const act = useAct(
    KEY,
    () => sso.takeBack(tool.id),
    () => onGone(name),
  );
  return (
    <article className="panel my-tool" data-testid="my-tool">
      <h2 className="section-title">{name}</h2>
      <p className="dim">
        {t("sso.mine_since", { at: taipei(tool.said_yes_at_us) })}
        {tool.sessions > 1 && ` ${t("sso.mine_sessions", { n: tool.sessions })}`}
        {!tool.is_here && ` ${t("sso.mine_elsewhere")}`}
      </p>
      <p>{t("sso.mine_told")}</p>
      <ToldList claims={tool.claims} />
      {act.error && <Failure error={act.error} />}
      <Button
        className="start"
        variant="default"
        loading={act.isPending}
        onClick={() => act.mutate()}
        aria-label={t("sso.mine_end_named", { tool: name })}
        data-testid="my-tool-end"
      >
        {t("sso.mine_end")}
      </Button>
    </article>
  );
}

export default function ToolsPage() {
  const { t } = useTranslation();
  const [gone, setGone] = useState<string | null>(null);
  const query = useQuery({ queryKey: [KEY], queryFn: sso.mine });
  const said = useRef<HTMLParagraphElement>(null);
  // The button that was pressed is gone with its tool: whoever works by keyboard goes on from here.
  useEffect(() => {
    if (gone !== null) said.current?.focus();
  }, [gone]);
  return (
    <div className="page">
      <h1 className="section-title">{t("sso.mine")}</h1>
      <p className="dim">{t("sso.mine_intro")}</p>
      <p ref={said} tabIndex={-1} role="status" data-testid="my-tool-gone">
        {gone !== null && t("sso.mine_gone", { tool: gone })}
      </p>
      <Answer query={query}>
        {({ items }) => (
          <>
            {items.length === 0 && <Empty title={t("sso.mine_none")} hint={t("sso.mine_none_hint")} />}
            {items.map((tool) => (
              <Tool key={tool.id} tool={tool} onGone={setGone} />
            ))}
          </>
        )}
      </Answer>
    </div>
  );
}
