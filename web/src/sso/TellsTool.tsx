// What a tool will be told, before the person says yes.

import { useTranslation } from "react-i18next";
import type { Me } from "../app/api/types";
import type { SsoTool } from "../app/api/types.sso";
import "./sso.css";

export function useToolTitle(tool: SsoTool): string {
  const { t, i18n } = useTranslation();
  return t("sso.into", { tool: i18n.language === "en" ? tool.title_en : tool.title_zh });
}

export function TellsTool({ tool, me }: { tool: SsoTool; me: Me }) {
  const { t } = useTranslation();
  return (
    <>
      <p>{t("sso.as_whom", { name: me.name })}</p>
      <div data-testid="sso-tells">
        <p>{t("sso.told")}</p>
        <ul className="sso-told">
          {tool.claims.map((claim) => (
            <li key={claim}>{t(`sso.told_${claim}`)}</li>
          ))}
          <li>{t("sso.told_sub")}</li>
        </ul>
      </div>
      <p className="dim">{t("sso.once")}</p>
    </>
  );
}
