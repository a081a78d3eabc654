// How a line is written, by example.

import { useTranslation } from "react-i18next";

const EXAMPLES: [string, string][] = [
  ["派 永康21 0123", "assign"],
  ["永康21 到場", "status"],
  ["永康21 10-8", "code"],
  ["永康21 取消 原因", "cancel"],
  ["note 0123 …", "note"],
  ["0123 p1", "priority"],
  ["0123 結案 已處理", "close"],
  ["0123 鏡頭", "cameras"],
  ["到 0123", "go"],
  ["到 中山路100號", "fly"],
  ["↑", "history"],
];

export function BarHelp() {
  const { t } = useTranslation();
  return (
    <div className="bar-help" data-testid="bar-help">
      <dl>
        {EXAMPLES.map(([line, name]) => (
          <div key={name}>
            <dt>
              <kbd>{line}</kbd>
            </dt>
            <dd>{t(`bar.help.${name}`)}</dd>
          </div>
        ))}
      </dl>
      <p className="dim">{t("bar.help.codes")}</p>
    </div>
  );
}
