import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { changeSetting, useSetting } from "./settings";

/** The pages that are seen from outside: sign in, back from a provider, and enrol. */
export function Doorway({ title, intro, children }: { title: string; intro: string; children: ReactNode }) {
  const { t } = useTranslation();
  const language = useSetting("language");
  return (
    <main className="doorway">
      <section className="doorway-card">
        <div className="doorway-brand">
          <img src="/icon.svg" alt="" width={52} height={52} />
          <div>
            <strong>守護 Shouhu</strong>
            <span className="dim">{t("signin.tagline")}</span>
          </div>
        </div>
        <h1>{title}</h1>
        <p>{intro}</p>
        {children}
      </section>
      <button
        type="button"
        className="plain-link"
        onClick={() => changeSetting("language", language === "en" ? "zh-TW" : "en")}
      >
        {t("app.other_language")}
      </button>
    </main>
  );
}
