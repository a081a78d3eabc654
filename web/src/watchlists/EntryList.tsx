import { Button, Select, Table, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "wouter";
import { Age } from "../app/Age";
import { watchlists } from "../app/api/calls";
import { ENTRY_STATES, type Entry } from "../app/api/types";
import { MoreButton } from "../app/MoreButton";
import { useBasis } from "../app/queries";
import { useSession } from "../app/session";
import { Answer, Empty, Failure } from "../app/states";

type Act = "approve" | "approve_import" | "refuse" | "withdraw";

/** What may be done with an entry, and by whom: never by the one who proposed it. */
function Actions({ entry }: { entry: Entry }) {
  const { t } = useTranslation();
  const { me, may } = useSession();
  const client = useQueryClient();
  const [asking, setAsking] = useState<Act | null>(null);
  const [reason, setReason] = useState("");
  const act = useMutation({
    mutationFn: (what: Act): Promise<unknown> => {
      if (what === "approve") return watchlists.approve(entry.id);
      if (what === "approve_import" && entry.import) return watchlists.approveImport(entry.import);
      return what === "refuse" ? watchlists.refuse(entry.id, reason) : watchlists.withdraw(entry.id, reason);
    },
    onSuccess: () => {
      setAsking(null);
      void client.invalidateQueries({ queryKey: ["entries"] });
    },
  });
  const isOwn = entry.proposed_by === me?.id;
  const mayDecide = may("watchlists.approve") && entry.state === "proposed" && !isOwn;
  const mayWithdraw =
    (may("watchlists.approve") || may("watchlists.propose")) &&
    ["active", "proposed"].includes(entry.state) &&
    !mayDecide;
  if (asking) {
    return (
      <div className="entry-ask">
        <TextInput
          label={t("watch.reason_why")}
          autoFocus
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
          maxLength={300}
        />
        <div className="two">
          <Button size="xs" variant="default" onClick={() => setAsking(null)}>
            {t("app.back")}
          </Button>
          <Button
            size="xs"
            color="red"
            disabled={!reason.trim()}
            loading={act.isPending}
            onClick={() => act.mutate(asking)}
          >
            {t(`watch.${asking}`)}
          </Button>
        </div>
        {act.error && <Failure error={act.error} />}
      </div>
    );
  }
  return (
    <div className="entry-actions">
      {mayDecide && (
        <>
          <Button
            size="xs"
            loading={act.isPending}
            onClick={() => act.mutate("approve")}
            data-testid="approve-entry"
          >
            {t("watch.approve")}
          </Button>
          <Button size="xs" variant="default" onClick={() => setAsking("refuse")} data-testid="refuse-entry">
            {t("watch.refuse")}
          </Button>
          {entry.import && (
            <Button
              size="xs"
              variant="default"
              loading={act.isPending}
              onClick={() => act.mutate("approve_import")}
              data-testid="approve-import"
            >
              {t("watch.approve_import")}
            </Button>
          )}
        </>
      )}
      {isOwn && entry.state === "proposed" && <span className="dim">{t("watch.other_person")}</span>}
      {mayWithdraw && (
        <Button
          size="xs"
          variant="default"
          onClick={() => setAsking("withdraw")}
          data-testid="withdraw-entry"
        >
          {t("watch.withdraw")}
        </Button>
      )}
      {act.error && <Failure error={act.error} />}
    </div>
  );
}

export function EntryList() {
  const { t } = useTranslation();
  const basis = useBasis();
  const [params, setParams] = useSearchParams();
  const [text, setText] = useState("");
  const [q] = useDebouncedValue(text.trim(), 300);
  const state = params.get("state") ?? "";
  const query = useInfiniteQuery({
    queryKey: ["entries", state, q],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam }) => watchlists.entries(state, q, pageParam),
    getNextPageParam: (last) => last.next_cursor,
  });
  return (
    <>
      <div className="filters">
        <TextInput
          label={t("watch.find")}
          placeholder={t("watch.find_hint")}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          data-testid="entries-find"
        />
        <Select
          label={t("watch.state")}
          data={[
            { value: "", label: t("watch.all_states") },
            ...ENTRY_STATES.map((value) => ({ value, label: t(`entry_state.${value}`) })),
          ]}
          value={state}
          onChange={(value) => setParams(value ? { state: value } : {})}
          allowDeselect={false}
          data-testid="entries-state"
        />
      </div>
      <Answer query={query}>
        {(data) => {
          const entries = data.pages.flatMap((page) => page.items);
          if (entries.length === 0) return <Empty title={t("watch.none")} hint={t("watch.none_hint")} />;
          return (
            <div className="wide-table">
              <Table stickyHeader verticalSpacing="xs">
                <Table.Thead>
                  <Table.Tr>
                    {["plate", "state", "action", "vehicle", "basis", "people", "expires", "act"].map(
                      (head) => (
                        <Table.Th key={head}>{t(`watch.head_${head}`)}</Table.Th>
                      ),
                    )}
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {entries.map((entry) => (
                    <Table.Tr key={entry.id} data-testid="entry-row" data-state={entry.state}>
                      <Table.Td>
                        <span className="plate">{entry.display || entry.pattern}</span>
                      </Table.Td>
                      <Table.Td>
                        <span className={`tag ${entry.state === "proposed" ? "tag-warn" : ""}`}>
                          {t(`entry_state.${entry.state}`)}
                        </span>
                      </Table.Td>
                      <Table.Td className={entry.action === "stop_with_caution" ? "ink-alarm" : undefined}>
                        {entry.action === "stop_with_caution" && "▲ "}
                        {t(`entry_action.${entry.action}`)}
                      </Table.Td>
                      <Table.Td>
                        {[
                          entry.vehicle_colour && t(`vehicle_colour.${entry.vehicle_colour}`),
                          entry.vehicle_note ||
                            (entry.vehicle_class && t(`vehicle_class.${entry.vehicle_class}`)),
                        ]
                          .filter(Boolean)
                          .join(" · ") || "—"}
                        <div className="dim">{entry.reason}</div>
                      </Table.Td>
                      <Table.Td title={basis(entry.legal_basis).article}>
                        {basis(entry.legal_basis).title}
                        <div className="dim">{entry.owner}</div>
                      </Table.Td>
                      <Table.Td>
                        {entry.proposed_by_name}
                        <div className="dim">
                          {entry.approved_by_name
                            ? t("watch.approved_by", { name: entry.approved_by_name })
                            : "—"}
                        </div>
                      </Table.Td>
                      <Table.Td>
                        <Age at={entry.expires_at_us} />
                      </Table.Td>
                      <Table.Td>
                        <Actions entry={entry} />
                      </Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
              <MoreButton query={query} />
            </div>
          );
        }}
      </Answer>
    </>
  );
}
