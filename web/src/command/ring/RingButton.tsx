import { Button } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Key } from "../../app/Key";
import { useKeys } from "../../app/keys";

export function RingButton({ onOpen }: { onOpen: () => void }) {
  const { t } = useTranslation();
  useKeys({ r: onOpen });
  return (
    <Button
      size="md"
      variant="default"
      fullWidth
      onClick={onOpen}
      rightSection={<Key>r</Key>}
      data-testid="open-ring"
    >
      {t("ring.title")}
    </Button>
  );
}
