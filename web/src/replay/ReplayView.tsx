// One moment of an incident, moved by hand or by itself: map, units then, and the list of events that follows it.

import { Button, SegmentedControl, Slider, Table } from "@mantine/core";
import { useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { taipei, taipeiTime } from "../app/age";
import type { Micros } from "../app/api/types";
import type { Replay } from "../app/api/types.shifts";
import { Icon } from "../app/icons";
import { Key } from "../app/Key";
import { useKeys } from "../app/keys";
import { useKindTitle, useUnits } from "../app/queries";
import { replayPath } from "../app/rooms";
import { sayDuration } from "../app/say";
import { usePlayback } from "../app/usePlayback";
import { sayLogLine } from "../command/logLine";
import { csvText, fileName, saveFile } from "../investigate/csv";
import { incidentFeatures, unitFeatures } from "../map/features";
import { MapView } from "../map/MapView";
import { incidentsAt, lineAt, SPEEDS, type Speed, stepLine, unitsAt } from "./moments";

const JUMP_US = 10_000_000;

interface PlayerProps {
  replay: Replay;
  at_us: Micros;
  onAt: (at_us: Micros) => void;
}

function Player({ replay, at_us, onAt }: PlayerProps) {
  const { t } = useTranslation();
  const { from_us, until_us, log } = replay;
  const [speed, setSpeed] = useState<Speed>("10");
  const { isPlaying, toggle } = usePlayback({ from_us, until_us, at_us, onAt }, speed);
  const within = (us: Micros) => Math.min(Math.max(us, from_us), until_us);
  useKeys({
    p: toggle,
    "[": () => onAt(within(stepLine(log, at_us, -1))),
    "]": () => onAt(within(stepLine(log, at_us, 1))),
    ArrowLeft: () => onAt(within(at_us - JUMP_US)),
    ArrowRight: () => onAt(within(at_us + JUMP_US)),
  });
  const seconds = (us: Micros) => Math.round((us - from_us) / 1e6);
  return (
    <div className="panel replay-player">
      <strong className="number replay-clock" data-testid="replay-clock">
        {taipei(at_us)}
      </strong>
      <Slider
        min={0}
        max={Math.max(seconds(until_us), 1)}
        step={1}
        value={seconds(at_us)}
        onChange={(value) => onAt(within(from_us + value * 1e6))}
        label={null}
        thumbLabel={t("replay.moment")}
        thumbProps={{ "aria-valuetext": taipeiTime(at_us) }}
        data-testid="replay-slider"
      />
      <div className="replay-controls">
        <Button onClick={toggle} rightSection={<Key>p</Key>} data-testid="replay-play">
          {t(isPlaying ? "replay.pause" : "replay.play")}
        </Button>
        <SegmentedControl
          aria-label={t("replay.speed")}
          value={speed}
          onChange={(value) => setSpeed(value as Speed)}
          data={SPEEDS.map((value) => ({ value, label: `×${value}` }))}
        />
      </div>
      <p className="dim only-wide">{t("replay.keys")}</p>
    </div>
  );
}

interface Props {
  replay: Replay;
  /** Read with a purpose; without, only the log is here. */
  hasPositions: boolean;
}

export function ReplayView({ replay, hasPositions }: Props) {
  const { t } = useTranslation();
  const kindTitle = useKindTitle();
  const units = useUnits();
  const { incident, reports, log, from_us, until_us } = replay;
  const [at_us, setAt] = useState<Micros>(from_us);
  const current = lineAt(log, at_us);
  const kindOf = (id: string) => units.data?.find((unit) => unit.id === id)?.kind ?? "car";
  const then = unitsAt(replay, replay.units, kindOf, at_us);
  const overlays = useMemo(
    () => ({
      units: unitFeatures(
        then.map((one) => one.unit),
        at_us / 1000,
        t,
      ),
      incidents: incidentFeatures(incidentsAt(replay, at_us), kindTitle),
    }),
    [then, at_us, replay, kindTitle, t],
  );
  const places = useMemo(() => {
    const all = replay.units.flatMap((unit) => unit.fixes.map((fix) => fix.position));
    return [...all, ...[replay.incident, ...replay.reports].flatMap((one) => one.position ?? [])];
  }, [replay]);
  const row = useRef<HTMLButtonElement>(null);
  const box = useRef<HTMLElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: follows the newest line
  useEffect(() => {
    const frame = box.current?.getBoundingClientRect();
    const line = row.current?.getBoundingClientRect();
    if (!box.current || !frame || !line) return;
    // In its own box only, where it has one: a phone's whole page would leave the map and the player behind.
    if (line.top < frame.top) box.current.scrollTop -= frame.top - line.top;
    else if (line.bottom > frame.bottom) box.current.scrollTop += line.bottom - frame.bottom;
  }, [current]);
  const save = () =>
    saveFile(
      fileName("incident", incident.number),
      csvText(
        [t("replay.when"), t("replay.number"), t("replay.what"), t("replay.who"), "key"],
        log.map((line) => [
          taipei(line.at_us),
          line.report ?? incident.number,
          sayLogLine(line, t, kindTitle),
          line.by_name,
          line.key,
        ]),
      ),
    );
  const gone = replay.units.filter((unit) => unit.fixes.length === 0);
  return (
    <section
      className="replay"
      aria-label={t("replay.title")}
      data-testid="replay"
      data-positions={(hasPositions && replay.has_tracks) || undefined}
    >
      <div className="replay-top">
        <h2>
          {kindTitle(incident.kind)} <span className="number">{incident.number}</span>
        </h2>
        <span className="grow" />
        <Button
          variant="default"
          leftSection={<Icon name="download" size={16} />}
          onClick={save}
          data-testid="replay-csv"
        >
          {t("replay.csv")}
        </Button>
        <Button
          variant="default"
          leftSection={<Icon name="print" size={16} />}
          onClick={() => window.print()}
          data-testid="replay-print"
        >
          {t("replay.print")}
        </Button>
      </div>
      <p>{incident.summary}</p>
      <p className="dim">
        {incident.address}
        {incident.closed_at_us === null &&
          incident.state !== "merged" &&
          ` · ${t("replay.to_now", { at: taipei(until_us) })}`}
      </p>
      {incident.merged_into && (
        <p data-testid="replay-merged">
          {t("replay.merged")}{" "}
          <Link className="plain-link" href={replayPath(incident.merged_into)}>
            {t("replay.open")}
          </Link>
        </p>
      )}
      {reports.length > 0 && (
        <p className="dim" data-testid="replay-reports">
          {t("replay.reports", {
            numbers: reports.map((report) => report.number).join(t("app.list_joiner")),
          })}
        </p>
      )}
      <p className="print-only">{t("replay.printed", { at: taipei(Date.now() * 1000) })}</p>
      {!replay.has_tracks && <p className="note-warn">{t("replay.no_tracks")}</p>}
      {hasPositions && replay.has_tracks && gone.length > 0 && (
        <p className="note-warn" data-testid="replay-gone">
          {gone.map((unit) => unit.call_sign).join(t("app.list_joiner"))}
          {t("app.colon")}
          {t("replay.gone")}
        </p>
      )}
      {replay.units.some((unit) => unit.is_cut) && <p className="note-warn">{t("replay.cut")}</p>}
      <div className="replay-split">
        <div className="replay-map">
          <MapView
            label={t("replay.map_label", { number: incident.number })}
            overlays={overlays}
            selected={null}
            fit={{ key: `${incident.id} ${hasPositions}`, places }}
          />
        </div>
        <div className="replay-side">
          <Player replay={replay} at_us={at_us} onAt={setAt} />
          <section className="replay-then">
            <h3 className="section-title">{t("replay.units")}</h3>
            {then.length === 0 ? (
              <p className="dim">{t("incident.nobody_sent")}</p>
            ) : (
              <ul data-testid="replay-units">
                {then.map(({ unit, old_us }) => (
                  <li key={unit.assignment}>
                    <strong>{unit.call_sign}</strong> {t(`unit_state.${unit.state}`)}{" "}
                    {hasPositions && (
                      <span className="dim">
                        {old_us === null
                          ? t("replay.no_fix")
                          : t("replay.fix_age", { time: sayDuration(old_us / 1e6, t) })}
                      </span>
                    )}
                  </li>
                ))}
              </ul>
            )}
          </section>
          <section className="replay-events" ref={box}>
            <h3 className="section-title">{t("replay.events")}</h3>
            <Table data-testid="replay-events">
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>{t("replay.when")}</Table.Th>
                  <Table.Th>{t("replay.what")}</Table.Th>
                  <Table.Th>{t("replay.who")}</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {log.map((line, at) => (
                  <Table.Tr
                    // biome-ignore lint/suspicious/noArrayIndexKey: a log is only ever added to
                    key={at}
                    aria-current={at === current || undefined}
                    data-ahead={at > current || undefined}
                    data-testid="replay-event"
                  >
                    <Table.Td className="number">
                      <button
                        type="button"
                        className="replay-jump"
                        ref={at === current ? row : undefined}
                        onClick={() => setAt(Math.min(Math.max(line.at_us, from_us), until_us))}
                      >
                        {taipeiTime(line.at_us)}
                      </button>
                    </Table.Td>
                    <Table.Td>
                      {line.report && <span className="number dim">{line.report} </span>}
                      {sayLogLine(line, t, kindTitle)}
                    </Table.Td>
                    <Table.Td>{line.by_name}</Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </section>
        </div>
      </div>
    </section>
  );
}
