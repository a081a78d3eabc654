import { Modal } from "@mantine/core";
import { useTranslation } from "react-i18next";

const KEYS: [string, string][] = [
  ["j / k", "next"],
  ["Enter", "open"],
  ["c", "confirm"],
  ["r", "reject"],
  ["d", "dispatch"],
  ["m", "card"],
  ["r", "ring"],
  ["n", "new_call"],
  ["s", "cameras"],
  ["e", "edit"],
  ["w", "note"],
  ["u", "undo"],
  ["a", "answer"],
  ["v", "advice"],
  ["Enter", "panic"],
  ["1 / 2", "tabs"],
  ["1 … 9 / z", "questions"],
  ["1 … 5 / p", "boxes"],
  ["1 … 3 / n / [ ]", "tours"],
  ["t", "table"],
  ["/", "palette"],
  ["Esc", "close"],
  ["?", "help"],
];

export function HelpDialog({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <Modal
      opened={isOpen}
      onClose={onClose}
      title={t("help.title")}
      size="lg"
      closeButtonProps={{ "aria-label": t("app.close") }}
    >
      <p>{t("help.flow")}</p>
      <h3 className="section-title">{t("help.keys")}</h3>
      <dl className="key-list">
        {KEYS.map(([key, name]) => (
          <div key={name}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{t(`help.key_${name}`)}</dd>
          </div>
        ))}
      </dl>
      <h3 className="section-title">{t("help.law")}</h3>
      <p>{t("help.law_text")}</p>
    </Modal>
  );
}
