// What a tool will be told, before the person says yes, and what it was let know since.

import { useTranslation } from "react-i18next";
import type { Me } from "../app/api/types";
import type { SsoClaim, SsoTool } from "../app/api/types.sso";
import "./sso.css";

/** What its entry calls it, in the person's language. */
export function useToolName(tool: Pick<SsoTool, "title_zh" | "title_en">): string {
  const { i18n } = useTranslation();
  return i18n.language === "en" ? tool.title_en : tool.title_zh;
}

export function useToolTitle(tool: SsoTool): string {
  const { t } = useTranslation();
  return t("sso.into", { tool: useToolName(tool) });
}

export function ToldList({ claims }: { claims: SsoClaim[] }) {
  const { t } = useTranslation();
  return (
    <ul className="sso-told">
      {claims.map((claim) => (
        <li key={claim}>{t(`sso.told_${claim}`)}</li>
      ))}
      <li>{t("sso.told_sub")}</li>
    </ul>
  );
}

export function TellsTool({ tool, me }: { tool: SsoTool; me: Me }) {
  const { t } = useTranslation();
  return (
    <>
      <p>{t("sso.as_whom", { name: me.name })}</p>
      <div data-testid="sso-tells">
        <p>{t("sso.told")}</p>
        <ToldList claims={tool.claims} />
      </div>
      <p className="dim">{t("sso.once")}</p>
    </>
  );
}
