// What the centre wrote beside the job, newest first: a crew on its way reads it without asking.

import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Age } from "../app/Age";
import { desk } from "../app/api/calls.desk";
import type { Id } from "../app/api/types";

export function CentreNotes({ id }: { id: Id }) {
  const { t } = useTranslation();
  // Under the orders' key: a note is told to the crew as a change of its order, and both are read again.
  const notes = useQuery({ queryKey: ["my-assignments", "notes", id], queryFn: () => desk.notes(id) });
  const lines = [...(notes.data?.items ?? [])].reverse();
  if (lines.length === 0) return null;
  return (
    <section aria-live="polite" data-testid="centre-notes">
      <h2 className="section-title">{t("desk.notes")}</h2>
      {lines.map((line) => (
        <p key={`${line.at_us}-${String(line.params.text)}`} className="reply">
          {String(line.params.text)} <Age at={line.at_us} className="dim" />
        </p>
      ))}
    </section>
  );
}
