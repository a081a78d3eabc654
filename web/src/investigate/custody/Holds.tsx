import { Button, Modal, Table, Textarea } from "@mantine/core";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { taipei } from "../../app/age";
import { custody } from "../../app/api/calls.lake";
import type { Hold } from "../../app/api/types.lake";
import { MoreButton } from "../../app/MoreButton";
import { Answer, Empty, Failure } from "../../app/states";

function LiftDialog({ hold, onClose }: { hold: Hold; onClose: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [note, setNote] = useState("");
  const lift = useMutation({
    mutationFn: () => custody.lift(hold.id, note.trim()),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["lake", "holds"] });
      onClose();
    },
  });
  return (
    <Modal
      opened
      onClose={onClose}
      title={t("custody.lift_title", { plate: hold.plate_display })}
      closeButtonProps={{ "aria-label": t("app.close") }}
    >
      <form
        className="dialog-form"
        onSubmit={(event) => {
          event.preventDefault();
          if (note.trim()) lift.mutate();
        }}
      >
        <p className="note-warn">{t("custody.lift_warn")}</p>
        <Textarea
          label={t("custody.note")}
          value={note}
          onChange={(event) => setNote(event.currentTarget.value)}
          required
          autosize
          minRows={2}
          data-autofocus
          data-testid="lift-note"
        />
        {lift.error && <Failure error={lift.error} />}
        <div className="dialog-acts">
          <Button variant="default" onClick={onClose}>
            {t("app.cancel")}
          </Button>
          <Button type="submit" loading={lift.isPending} disabled={!note.trim()} data-testid="lift-confirm">
            {t("custody.lift")}
          </Button>
        </div>
      </form>
    </Modal>
  );
}

const HEADS = ["plate", "captured", "why", "case", "since", "until", "state"] as const;

export function Holds() {
  const { t } = useTranslation();
  const [lifting, setLifting] = useState<Hold | null>(null);
  const query = useInfiniteQuery({
    queryKey: ["lake", "holds"],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam }) => custody.holds(pageParam),
    getNextPageParam: (last) => last.next_cursor,
    refetchOnWindowFocus: false,
  });
  return (
    <section className="panel">
      <h2 className="section-title">{t("custody.holds")}</h2>
      <p className="dim">{t("custody.holds_intro")}</p>
      <Answer query={query}>
        {(data) => {
          const holds = data.pages.flatMap((page) => page.items);
          if (holds.length === 0) return <Empty title={t("custody.holds_none")} />;
          return (
            // biome-ignore lint/a11y/noNoninteractiveTabindex: a table that scrolls sideways must be reachable by keyboard
            <section className="wide-table" tabIndex={0} aria-label={t("custody.holds")}>
              <Table>
                <Table.Thead>
                  <Table.Tr>
                    {HEADS.map((head) => (
                      <Table.Th key={head}>{t(`custody.head_${head}`)}</Table.Th>
                    ))}
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {holds.map((hold) => (
                    <Table.Tr key={hold.id} data-testid="hold-row">
                      <Table.Td className="plate nowrap">{hold.plate_display}</Table.Td>
                      <Table.Td className="number nowrap">{taipei(hold.captured_at_us)}</Table.Td>
                      <Table.Td>
                        <span className="tag">{t(`custody.reason_${hold.reason}`)}</span> {hold.note}
                      </Table.Td>
                      <Table.Td className="nowrap">{hold.case_ref ?? "—"}</Table.Td>
                      <Table.Td className="nowrap">
                        {taipei(hold.since_us).slice(0, 10)}
                        {hold.placed_by_name && <div className="dim">{hold.placed_by_name}</div>}
                      </Table.Td>
                      <Table.Td className="number nowrap">{taipei(hold.until_us).slice(0, 10)}</Table.Td>
                      <Table.Td className="nowrap">
                        {hold.lifted_at_us === null ? (
                          <Button
                            size="xs"
                            variant="default"
                            onClick={() => setLifting(hold)}
                            data-testid="hold-lift"
                          >
                            {t("custody.lift")}
                          </Button>
                        ) : (
                          <span className="dim">
                            {t("custody.lifted", { at: taipei(hold.lifted_at_us).slice(0, 10) })}
                          </span>
                        )}
                      </Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
            </section>
          );
        }}
      </Answer>
      <MoreButton query={query} />
      {lifting && <LiftDialog hold={lifting} onClose={() => setLifting(null)} />}
    </section>
  );
}
