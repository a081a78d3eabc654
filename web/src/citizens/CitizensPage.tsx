// For citizens, without signing in: what is recorded, who may look, and how often they did.

import { Button, Select, Table } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { citizens } from "../app/api/calls";
import type { Transparency, TransparencyMonth } from "../app/api/types.transparency";
import { changeSetting, useSetting } from "../app/settings";
import { Answer, Empty } from "../app/states";
import { csvText, saveFile } from "../investigate/csv";
import "./citizens.css";

const PARTS = ["recorded", "kept", "asked", "checked", "rights"] as const;

function Numbers({ month, told_min }: { month: TransparencyMonth; told_min: number }) {
  const { t } = useTranslation();
  const say = (count: number | null) =>
    count === null ? t("citizens.few", { count: told_min }) : count.toLocaleString("en");
  const asked = month.lines.filter((line) => line.line === "asked");
  const others = month.lines.filter((line) => line.line !== "asked");
  const word = (line: TransparencyMonth["lines"][number]) =>
    line.line === "asked" ? t(`purpose.${line.purpose}`) : t(`citizens.line_${line.line}`);
  const save = () => {
    const heads = [
      t("citizens.month"),
      t("citizens.head_what"),
      t("citizens.head_purpose"),
      t("citizens.head_link"),
      t("citizens.head_count"),
    ];
    const rows = month.lines.map((line) => [
      month.month,
      t(`citizens.line_${line.line}`),
      line.purpose && t(`purpose.${line.purpose}`),
      line.link === "none" ? "" : t(`citizens.link_${line.link}`),
      line.count,
    ]);
    saveFile(`shouhu-${month.month}.csv`, csvText(heads, rows));
  };
  return (
    <>
      {asked.length > 0 && (
        <Table.ScrollContainer minWidth={320}>
          <Table data-testid="citizens-asked">
            <Table.Caption>{t("citizens.asked_caption")}</Table.Caption>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t("citizens.head_purpose")}</Table.Th>
                <Table.Th>{t("citizens.head_link")}</Table.Th>
                <Table.Th className="number">{t("citizens.head_count")}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {asked.map((line) => (
                <Table.Tr key={line.purpose + line.link}>
                  <Table.Td>{word(line)}</Table.Td>
                  <Table.Td>{t(`citizens.link_${line.link}`)}</Table.Td>
                  <Table.Td className="number">{say(line.count)}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
      {others.length > 0 && (
        <dl className="citizens-counts">
          {others.map((line) => (
            <div key={line.line}>
              <dt>{word(line)}</dt>
              <dd className="number">{say(line.count)}</dd>
            </div>
          ))}
        </dl>
      )}
      <p className="dim">{t("citizens.hidden", { count: told_min })}</p>
      <div className="citizens-acts">
        <Button variant="default" onClick={save}>
          {t("citizens.save")}
        </Button>
        <Button
          variant="default"
          component="a"
          href={`/v1/transparency/${month.month}/proof`}
          download={`shouhu-${month.month}.tlog-proof`}
          data-testid="citizens-proof"
        >
          {t("citizens.proof")}
        </Button>
      </div>
    </>
  );
}

function Months({ told }: { told: Transparency }) {
  const { t } = useTranslation();
  const [chosen, setChosen] = useState<string | null>(null);
  const month = told.months.find((one) => one.month === chosen) ?? told.months[0];
  if (!month) return <Empty title={t("citizens.none")} hint={t("citizens.none_hint")} />;
  return (
    <>
      <Select
        label={t("citizens.month")}
        data={told.months.map((one) => one.month)}
        value={month.month}
        onChange={setChosen}
        allowDeselect={false}
        className="citizens-month"
      />
      <Numbers month={month} told_min={told.told_min} />
      <details>
        <summary>{t("citizens.verify")}</summary>
        <p>{t("citizens.verify_how")}</p>
        <code className="citizens-key">{`shouhu verify --proof shouhu-${month.month}.tlog-proof --log-key '${told.log_key}'`}</code>
      </details>
    </>
  );
}

export default function CitizensPage() {
  const { t } = useTranslation();
  const language = useSetting("language");
  const query = useQuery({ queryKey: ["transparency"], queryFn: citizens.transparency });
  return (
    <main className="page citizens">
      <header className="citizens-head">
        <h1>{t("citizens.title")}</h1>
        <button
          type="button"
          className="plain-link"
          onClick={() => changeSetting("language", language === "en" ? "zh-TW" : "en")}
        >
          {t("app.other_language")}
        </button>
      </header>
      <p>{t("citizens.intro")}</p>
      <section className="panel" aria-labelledby="citizens-numbers">
        <h2 id="citizens-numbers" className="section-title">
          {t("citizens.numbers")}
        </h2>
        <Answer query={query}>{(told) => <Months told={told} />}</Answer>
      </section>
      {PARTS.map((part) => (
        <section key={part}>
          <h2>{t(`citizens.${part}_title`)}</h2>
          <p>{t(`citizens.${part}_text`)}</p>
        </section>
      ))}
      <p>
        <Link href="/sign-in" className="plain-link">
          {t("citizens.officers")}
        </Link>
      </p>
    </main>
  );
}
