// A dialog that ends in keys which are shown once: from then on only its own buttons close it, no slip of a hand.

import { Modal } from "@mantine/core";
import { type ReactNode, useCallback, useState } from "react";
import { useTranslation } from "react-i18next";

interface Props {
  title: string;
  isOpen: boolean;
  onClose: () => void;
  children: (onKeys: () => void, close: () => void) => ReactNode;
}

export function OnceDialog({ title, isOpen, onClose, children }: Props) {
  const { t } = useTranslation();
  const [hasKeys, setHasKeys] = useState(false);
  const onKeys = useCallback(() => setHasKeys(true), []);
  const close = () => {
    setHasKeys(false);
    onClose();
  };
  return (
    <Modal
      opened={isOpen}
      onClose={close}
      closeOnClickOutside={!hasKeys}
      closeOnEscape={!hasKeys}
      title={title}
      size="lg"
      closeButtonProps={{ "aria-label": t("app.close") }}
    >
      {children(onKeys, close)}
    </Modal>
  );
}
