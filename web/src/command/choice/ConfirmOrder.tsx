// What a person must see before an order that takes something from somebody. Enter orders, Escape does not.

import { Button, Modal } from "@mantine/core";
import { type ReactNode, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { Failure } from "../../app/states";

/** The key that opened the dialog, held a moment too long, must not answer it. */
const TOO_SOON_MS = 500;

interface Props {
  isOpen: boolean;
  title: string;
  yes: string;
  no: string;
  act: { error: Error | null; isPending: boolean };
  onYes: () => void;
  onNo: () => void;
  children: ReactNode;
  testId: string;
}

export function ConfirmOrder({ isOpen, title, yes, no, act, onYes, onNo, children, testId }: Props) {
  const { t } = useTranslation();
  const [isReady, setReady] = useState(false);
  useEffect(() => {
    if (!isOpen) return;
    const timer = setTimeout(() => setReady(true), TOO_SOON_MS);
    return () => {
      clearTimeout(timer);
      setReady(false);
    };
  }, [isOpen]);
  return (
    <Modal
      opened={isOpen}
      onClose={onNo}
      title={title}
      size="md"
      closeButtonProps={{ "aria-label": t("app.close") }}
      classNames={{ title: "confirm-title" }}
    >
      <div className="confirm" data-testid={testId}>
        {children}
        {act.error && <Failure error={act.error} />}
        <div className="two">
          <Button variant="default" size="md" onClick={onNo} data-testid={`${testId}-no`}>
            {no} <kbd className="confirm-key">Esc</kbd>
          </Button>
          <Button
            size="md"
            data-autofocus
            loading={act.isPending}
            onClick={() => {
              if (isReady) onYes();
            }}
            data-ready={isReady || undefined}
            data-testid={`${testId}-yes`}
          >
            {yes} <kbd className="confirm-key">Enter</kbd>
          </Button>
        </div>
      </div>
    </Modal>
  );
}

/** Two rows, one under the other: what is left, and what is gained. */
export function FromTo({ rows }: { rows: { head: string; main: string; sub: string }[] }) {
  return (
    <dl className="confirm-rows">
      {rows.map(({ head, main, sub }) => (
        <div key={head}>
          <dt>{head}</dt>
          <dd>
            <strong>{main}</strong>
            <span className="dim">{sub}</span>
          </dd>
        </div>
      ))}
    </dl>
  );
}
