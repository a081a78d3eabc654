// Decoys, vehicles of people in the news, and vehicles that officers have declared.

import { Button, Select, Table, Textarea, TextInput } from "@mantine/core";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ActForm } from "../app/ActForm";
import { taipei } from "../app/age";
import { misuse } from "../app/api/calls.misuse";
import { MARK_KINDS, type MarkKind, type PlateMark } from "../app/api/types.misuse";
import { MoreButton } from "../app/MoreButton";
import { Answer, Empty, Failure } from "../app/states";
import { isSaid, TEXT_CHARS_MAX } from "./said";

const isSomebodys = (kind: MarkKind) => kind === "own" || kind === "household";

function SetMark() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [plate, setPlate] = useState("");
  const [kind, setKind] = useState<MarkKind>("decoy");
  const [officer, setOfficer] = useState("");
  const [note, setNote] = useState("");
  const act = useMutation({
    mutationFn: () =>
      misuse.setMark({ plate, kind, officer: isSomebodys(kind) ? officer.trim() : null, note }),
    onSuccess: () => {
      setPlate("");
      setNote("");
      void client.invalidateQueries({ queryKey: ["misuse", "marks"] });
    },
  });
  return (
    <ActForm
      className="form-grid panel"
      act={act}
      label={t("misuse.mark_set")}
      isComplete={plate.trim() !== "" && isSaid(note) && (!isSomebodys(kind) || officer.trim() !== "")}
      buttonTestId="misuse-mark-set"
    >
      <TextInput
        label={t("misuse.plate")}
        value={plate}
        onChange={(event) => setPlate(event.currentTarget.value)}
        data-testid="misuse-mark-plate"
      />
      <Select
        label={t("misuse.mark_kind")}
        data={MARK_KINDS.map((value) => ({ value, label: t(`misuse.mark_${value}`) }))}
        value={kind}
        onChange={(value) => setKind((value ?? "decoy") as MarkKind)}
        allowDeselect={false}
      />
      {isSomebodys(kind) && (
        <TextInput
          label={t("misuse.mark_officer")}
          description={t("misuse.mark_officer_hint")}
          value={officer}
          onChange={(event) => setOfficer(event.currentTarget.value)}
        />
      )}
      <Textarea
        className="form-wide"
        label={t("misuse.mark_note")}
        description={t("misuse.chars")}
        value={note}
        onChange={(event) => setNote(event.currentTarget.value)}
        autosize
        maxLength={TEXT_CHARS_MAX}
        data-testid="misuse-mark-note"
      />
    </ActForm>
  );
}

function Row({ mark }: { mark: PlateMark }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const end = useMutation({
    mutationFn: () => misuse.endMark(mark.id),
    onSuccess: () => void client.invalidateQueries({ queryKey: ["misuse", "marks"] }),
  });
  return (
    <Table.Tr data-testid="misuse-mark">
      <Table.Td className="nowrap">{mark.plate_display}</Table.Td>
      <Table.Td className="nowrap">
        {t(`misuse.mark_${mark.kind}`)} {mark.officer_name}
      </Table.Td>
      <Table.Td className="said">{mark.note}</Table.Td>
      <Table.Td className="nowrap">
        {mark.set_by_name} {taipei(mark.set_at_us)}
      </Table.Td>
      <Table.Td>
        <Button size="xs" variant="default" loading={end.isPending} onClick={() => end.mutate()}>
          {t("misuse.mark_end")}
        </Button>
        {end.error && <Failure error={end.error} />}
      </Table.Td>
    </Table.Tr>
  );
}

export function Marks() {
  const { t } = useTranslation();
  const query = useInfiniteQuery({
    queryKey: ["misuse", "marks"],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam }) => misuse.marks(pageParam),
    getNextPageParam: (last) => last.next_cursor,
  });
  return (
    <>
      <SetMark />
      <Answer query={query}>
        {(data) => {
          const all = data.pages.flatMap((page) => page.items);
          if (all.length === 0) return <Empty title={t("misuse.marks_none")} />;
          return (
            <>
              {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a table that scrolls sideways must be reachable by keyboard */}
              <section className="wide-table" tabIndex={0} aria-label={t("misuse.tab_marks")}>
                <Table>
                  <Table.Tbody>
                    {all.map((mark) => (
                      <Row key={mark.id} mark={mark} />
                    ))}
                  </Table.Tbody>
                </Table>
              </section>
              <MoreButton query={query} />
            </>
          );
        }}
      </Answer>
    </>
  );
}
