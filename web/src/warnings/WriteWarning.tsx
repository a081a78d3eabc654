// A warning is written: new, or as an update or a cancellation of one of ours.

import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { warnings } from "../app/api/calls.warnings";
import type { Id } from "../app/api/types";
import { Answer } from "../app/states";
import { DraftForm } from "./DraftForm";
import { draftOf, NEW_DRAFT } from "./draft";

interface Props {
  update: Id | null;
  cancel: Id | null;
  onDone: (id: Id) => void;
}

export function WriteWarning({ update, cancel, onDone }: Props) {
  const { t } = useTranslation();
  const kind = cancel ? "cancel" : "update";
  const earlier = cancel ?? update;
  const query = useQuery({
    queryKey: ["warnings", "earlier", earlier, kind],
    enabled: earlier !== null,
    // What is being written must not change under the hand.
    staleTime: Number.POSITIVE_INFINITY,
    // Nor may it begin as it was written hours ago.
    gcTime: 0,
    refetchOnWindowFocus: false,
    queryFn: async () => {
      const id = earlier ?? "";
      const [{ warning }, document] = await Promise.all([warnings.get(id), warnings.document(id)]);
      const words = { zh: t("warning.cancel_prefix_zh"), en: t("warning.cancel_prefix_en") };
      return { warning, draft: draftOf(warning, kind, document, words, Date.now()) };
    },
  });
  if (earlier === null) return <DraftForm start={NEW_DRAFT} earlier={null} onDone={onDone} />;
  return (
    <Answer query={query}>
      {({ warning, draft }) => <DraftForm key={earlier} start={draft} earlier={warning} onDone={onDone} />}
    </Answer>
  );
}
