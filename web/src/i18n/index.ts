import i18next from "i18next";
import { initReactI18next } from "react-i18next";
import { setting } from "../app/settings";
import { en } from "./en";
import { zh } from "./zh";

void i18next.use(initReactI18next).init({
  resources: { "zh-TW": { translation: zh }, en: { translation: en } },
  lng: setting("language"),
  fallbackLng: "zh-TW",
  interpolation: { escapeValue: false },
  returnNull: false,
});

function show(language: string): void {
  document.documentElement.lang = language === "en" ? "en" : "zh-Hant-TW";
}

i18next.on("languageChanged", show);
show(i18next.language);

export default i18next;
