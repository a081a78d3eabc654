// Looks back at an incident: its log and where its units were, in time. The list of events says everything that the map says.

import "./replay.css";
import { Button } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useSearchParams } from "wouter";
import { taipei } from "../app/age";
import { dispatch } from "../app/api/calls";
import { reports } from "../app/api/calls.shifts";
import type { Grounds, Id } from "../app/api/types";
import type { Replay } from "../app/api/types.shifts";
import { useIncidents, useKindTitle } from "../app/queries";
import { replayPath } from "../app/rooms";
import { useSession } from "../app/session";
import { Answer, Empty, Failure } from "../app/states";
import { takenIn } from "../command/intake/duplicates";
import { GroundsBar } from "../investigate/form/GroundsBar";
import { isFreeForTracks, keepGrounds, keptGrounds } from "../investigate/grounds";
import { spanOf, wholeLog } from "./moments";
import { ReplayView } from "./ReplayView";

/** The log is every dispatcher's; it needs no purpose. */
function useLogOnly(id: Id) {
  return useQuery({
    queryKey: ["replay-log", id],
    queryFn: async (): Promise<Replay> => {
      const told = async (one: Id) => {
        const [incident, log] = await Promise.all([dispatch.incident(one), dispatch.log(one)]);
        return { incident, number: incident.number, log: log.items };
      };
      const own = await told(id);
      const merged = await Promise.all(takenIn(own.log).map((report) => told(report.incident)));
      merged.sort((one, other) => one.incident.opened_at_us - other.incident.opened_at_us);
      const reports = merged.map((report) => report.incident);
      return {
        incident: own.incident,
        reports,
        ...spanOf(own.incident, reports, own.log, Date.now() * 1000),
        log: wholeLog(own.log, merged),
        units: [],
        has_tracks: true,
      };
    },
    staleTime: Number.POSITIVE_INFINITY,
    // Who comes back to an incident that goes on wants the lines since.
    gcTime: 0,
  });
}

function Of({ id }: { id: Id }) {
  const { t } = useTranslation();
  const { may } = useSession();
  const bare = useLogOnly(id);
  const number = bare.data?.incident.number ?? "";
  const [grounds, setGrounds] = useState<Grounds>(() => ({ ...keptGrounds(), case_ref: "" }));
  const asked: Grounds = { ...grounds, case_ref: grounds.case_ref.trim() || number };
  const read = useMutation({ mutationFn: () => reports.replay(id, asked) });
  return (
    <>
      {may("dispatch.replay") && (
        <section className="replay-ask">
          <p>{t("replay.intro")}</p>
          <GroundsBar
            grounds={asked}
            isTried={false}
            isCaseFree={isFreeForTracks}
            onChange={(next) => {
              setGrounds(next);
              keepGrounds(next);
            }}
          >
            <Button
              loading={read.isPending}
              disabled={!isFreeForTracks(asked.purpose) && !asked.case_ref}
              onClick={() => read.mutate()}
              data-testid="replay-read"
            >
              {t("replay.read")}
            </Button>
          </GroundsBar>
          {read.error && <Failure error={read.error} />}
        </section>
      )}
      <Answer query={bare}>
        {(logOnly) => (
          <ReplayView
            key={read.data ? "tracks" : "log"}
            replay={read.data ?? logOnly}
            hasPositions={read.data !== undefined}
          />
        )}
      </Answer>
    </>
  );
}

/** Opened without an incident: the newest ones to choose from. */
function Choose() {
  const { t } = useTranslation();
  const kindTitle = useKindTitle();
  const incidents = useIncidents("all");
  return (
    <>
      <h2>{t("replay.choose")}</h2>
      <Answer query={incidents}>
        {(list) =>
          list.length === 0 ? (
            <Empty title={t("command.no_incidents")} />
          ) : (
            <ul className="replay-choices">
              {list.map((one) => (
                <li key={one.id}>
                  <Link className="plain-link" href={replayPath(one.id)}>
                    <span className="number">{one.number}</span> {kindTitle(one.kind)}
                  </Link>{" "}
                  <span className="dim">
                    {t(`incident_state.${one.state}`)} · {taipei(one.opened_at_us)}
                  </span>
                </li>
              ))}
            </ul>
          )
        }
      </Answer>
    </>
  );
}

export default function ReplayPage() {
  const [params] = useSearchParams();
  const id = params.get("incident");
  return <div className="page">{id ? <Of key={id} id={id} /> : <Choose />}</div>;
}
