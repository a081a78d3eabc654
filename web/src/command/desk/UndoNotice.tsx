// What was just done, with one key to take it back.

import "./desk.css";
import { Button } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Key } from "../../app/Key";
import { useKeys } from "../../app/keys";
import { explain } from "../../app/states";
import { takeUndo, tellDone, useNotice } from "./undo";

export function UndoNotice() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const notice = useNotice();
  const undo = async () => {
    const taken = takeUndo();
    if (!taken?.undo) return;
    try {
      await taken.undo();
      tellDone({ said: t("desk.undone", { said: taken.said }), undo: null });
    } catch (error) {
      tellDone({ said: explain(error, t), undo: null, isFailure: true });
    }
    for (const key of ["incidents", "units"]) void client.invalidateQueries({ queryKey: [key] });
  };
  useKeys({ u: () => void undo() }, notice?.undo != null);
  return (
    <div className="desk-notice" role="status" data-testid="desk-notice">
      {notice && (
        <p data-failure={notice.isFailure || undefined}>
          <span>{notice.said}</span>
          {notice.undo && (
            <Button
              size="compact-sm"
              variant="default"
              onClick={() => void undo()}
              rightSection={<Key>u</Key>}
            >
              {t("desk.undo")}
            </Button>
          )}
        </p>
      )}
    </div>
  );
}
