// Who asked what, why, and what the answer was; and whether the log has been touched.

import { Button, Modal, Select, Table, TextInput, VisuallyHidden } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";
import { readable, taipei } from "../app/age";
import { oversight } from "../app/api/calls";
import type { AuditLine } from "../app/api/types";
import { useSession } from "../app/session";
import { Answer, Empty } from "../app/states";
import "./oversee.css";
import { MoreButton } from "../app/MoreButton";
import { OpenForm } from "../misuse/OpenForm";
import { Verify } from "./Verify";
import { Witnesses } from "./Witnesses";

const CLASSES = ["personal_read", "work_read", "write", "security", "log"];

function fits(line: AuditLine, text: string, kind: string): boolean {
  if (kind && line.class !== kind) return false;
  if (!text) return true;
  const all = [line.actor_name, line.action, line.object, line.purpose, line.case_ref, String(line.outcome)];
  return all.some((part) => part?.toLowerCase().includes(text.toLowerCase()));
}

export default function OverseePage() {
  const { t } = useTranslation();
  const [text, setText] = useState("");
  const [kind, setKind] = useState("");
  const { may } = useSession();
  const [, go] = useLocation();
  const [looked, setLooked] = useState<AuditLine | null>(null);
  const query = useInfiniteQuery({
    queryKey: ["audit"],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam }) => oversight.audit(pageParam),
    getNextPageParam: (last) => last.next_cursor,
    // Reading the log is itself on the log: it is read when somebody asks.
    refetchOnWindowFocus: false,
  });
  return (
    <div className="page">
      <Verify />
      <Witnesses />
      <p className="dim">{t("audit.intro")}</p>
      <div className="filters">
        <TextInput
          label={t("audit.find")}
          placeholder={t("audit.find_hint")}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          data-testid="audit-find"
        />
        <Select
          label={t("audit.class")}
          data={[
            { value: "", label: t("audit.all_classes") },
            ...CLASSES.map((value) => ({ value, label: t(`audit.class_${value}`) })),
          ]}
          value={kind}
          onChange={(value) => setKind(value ?? "")}
          allowDeselect={false}
        />
        <Button variant="default" loading={query.isRefetching} onClick={() => void query.refetch()}>
          {t("audit.refresh")}
        </Button>
      </div>
      <Answer query={query}>
        {(data) => {
          const all = data.pages.flatMap((page) => page.items);
          const shown = all.filter((line) => fits(line, text.trim(), kind));
          return (
            <>
              {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a table that scrolls sideways must be reachable by keyboard */}
              <section className="wide-table" tabIndex={0} aria-label={t("room.oversee")}>
                <Table stickyHeader>
                  <Table.Thead>
                    <Table.Tr>
                      {["seq", "at", "who", "class", "action", "object", "why", "outcome", "hash"].map(
                        (head) => (
                          <Table.Th key={head}>{t(`audit.head_${head}`)}</Table.Th>
                        ),
                      )}
                      {may("misuse.review") && (
                        <Table.Th>
                          <VisuallyHidden>{t("misuse.look_into")}</VisuallyHidden>
                        </Table.Th>
                      )}
                    </Table.Tr>
                  </Table.Thead>
                  <Table.Tbody>
                    {shown.map((line) => (
                      <Table.Tr key={line.seq} data-testid="audit-row">
                        <Table.Td className="number">{line.seq}</Table.Td>
                        <Table.Td className="number nowrap">{taipei(line.at_us)}</Table.Td>
                        <Table.Td className="nowrap">{line.actor_name || line.actor}</Table.Td>
                        <Table.Td className="nowrap">
                          {t(`audit.class_${line.class}`, { defaultValue: line.class })}
                        </Table.Td>
                        <Table.Td className="code">{line.action}</Table.Td>
                        <Table.Td>
                          {line.is_erased ? <em>{t("audit.erased")}</em> : readable(line.object) || "—"}
                        </Table.Td>
                        <Table.Td>
                          {line.purpose ? t(`purpose.${line.purpose}`, { defaultValue: line.purpose }) : "—"}
                          {line.case_ref && <div className="dim">{line.case_ref}</div>}
                        </Table.Td>
                        <Table.Td className={line.outcome >= 400 ? "ink-warn number" : "number"}>
                          {line.outcome >= 400 && "▲ "}
                          {line.outcome}
                        </Table.Td>
                        <Table.Td className="code" title={line.hash}>
                          {line.hash.slice(0, 10)}…
                        </Table.Td>
                        {may("misuse.review") && (
                          <Table.Td>
                            {line.class === "personal_read" && (
                              <Button
                                size="xs"
                                variant="default"
                                onClick={() => setLooked(line)}
                                data-testid="audit-look"
                              >
                                {t("misuse.open")}
                              </Button>
                            )}
                          </Table.Td>
                        )}
                      </Table.Tr>
                    ))}
                  </Table.Tbody>
                </Table>
                {shown.length === 0 && (
                  <Empty
                    title={t("audit.none")}
                    {...(all.length > 0 ? { hint: t("audit.none_hint") } : {})}
                  />
                )}
              </section>
              <MoreButton query={query} label={t("audit.older", { count: all.length })} />
            </>
          );
        }}
      </Answer>
      <Modal opened={looked !== null} onClose={() => setLooked(null)} title={t("misuse.look_into")}>
        {looked && (
          <>
            <p className="said">
              <span className="number">{looked.seq}</span> {looked.actor_name || looked.actor}{" "}
              {readable(looked.object)}
            </p>
            <OpenForm
              from={{ leaf: looked.seq }}
              onOpened={(id) => go(`/misuse?tab=cases&file=${encodeURIComponent(id)}`)}
            />
          </>
        )}
      </Modal>
    </div>
  );
}
