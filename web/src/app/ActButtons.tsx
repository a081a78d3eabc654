// What can be done with one thing: each button opens the form of its act, and closes it again.

import { Button } from "@mantine/core";
import { useTranslation } from "react-i18next";

interface Props<Act extends string> {
  acts: readonly Act[];
  open: Act | null;
  onOpen: (act: Act | null) => void;
  /** The labels stand under `<texts>.act_<act>`, the tests find `<page>-<act>`. */
  texts: string;
  page: string;
  /** What stops something. */
  red?: readonly Act[];
}

export function ActButtons<Act extends string>({ acts, open, onOpen, texts, page, red = [] }: Props<Act>) {
  const { t } = useTranslation();
  return (
    <div className="acts">
      {acts.map((act) => (
        <Button
          key={act}
          variant={open === act ? "filled" : "default"}
          color={red.includes(act) ? "red" : undefined}
          aria-expanded={open === act}
          onClick={() => onOpen(open === act ? null : act)}
          data-testid={`${page}-${act}`}
        >
          {t(`${texts}.act_${act}`)}
        </Button>
      ))}
    </div>
  );
}
