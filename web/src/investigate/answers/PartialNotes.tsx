// An answer that is not whole says so, above its first row, in words.

import { useTranslation } from "react-i18next";
import type { PartialNote } from "../../app/api/types.lake";
import { Icon } from "../../app/icons";

export function PartialNotes({ notes }: { notes: PartialNote[] }) {
  const { t } = useTranslation();
  if (notes.length === 0) return null;
  return (
    <div className="note-warn partial" role="status" data-testid="partial">
      <strong>
        <Icon name="alert" size={16} /> {t("lake.partial")}
      </strong>
      <ul>
        {notes.map((note) => (
          <li key={`${note.key} ${note.detail}`}>
            {t(`errors.${note.key}`, { defaultValue: note.key })}
            {note.detail && <span className="partial-detail"> {note.detail}</span>}
          </li>
        ))}
      </ul>
    </div>
  );
}
