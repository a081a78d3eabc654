// The officer's page: one thumb, one next step, and nothing lost without a network.

import "../command/cards.css";
import "./patrol.css";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import type { Unit } from "../app/api/types";
import { useUnits } from "../app/queries";
import { useSession } from "../app/session";
import { Answer, Empty } from "../app/states";
import { MyShift } from "../shifts/MyShift";
import { AssignmentCard } from "./AssignmentCard";
import { CheckInPanel } from "./checkin/CheckInPanel";
import { fetchMine, fetchMyRing, MINE, MY_RING } from "./mine";
import { NearbyHits } from "./NearbyHits";
import { NearBoxesPanel } from "./near/NearBoxesPanel";
import { stateAfter } from "./offlineQueue";
import { PhotoNotice } from "./photo/PhotoNotice";
import { usePosition } from "./position";
import { QueueNotice } from "./QueueNotice";
import { useStepQueue } from "./queue";
import { TourPanel } from "./tour/TourPanel";
import { UnitBar, UnitPicker } from "./UnitBar";

const OVER = ["closed", "declined", "cancelled"];

export default function PatrolPage() {
  const { t } = useTranslation();
  const { me } = useSession();
  const units = useUnits();
  const queue = useStepQueue();
  const mine = useQuery({
    queryKey: MINE,
    queryFn: ({ signal }) => fetchMine(window.localStorage, signal),
    refetchInterval: 20_000,
  });
  const unitId = me?.unit ?? null;
  const unit: Unit | undefined = units.data?.find((u) => u.id === unitId);
  const { state: positionState, here } = usePosition(unitId !== null && unit?.state !== "off_duty");

  const ring = useQuery({
    queryKey: MY_RING,
    queryFn: ({ signal }) => fetchMyRing(window.localStorage, signal),
    enabled: (mine.data?.length ?? 0) > 0,
    // The live line says when a junction is told; this is for a phone that missed it.
    refetchInterval: 20_000,
  });

  // On foot without a unit an officer still visits the boxes.
  if (!unitId) {
    return (
      <UnitPicker units={units} first={<MyShift unit={null} />}>
        <CheckInPanel here={null} isDocked />
        <NearBoxesPanel here={null} />
      </UnitPicker>
    );
  }

  const position = here?.position ?? unit?.position ?? null;
  const waitingFor = (id: string) => queue.items.filter((one) => one.assignment === id);
  const active = mine.data?.filter(
    ({ assignment }) => !OVER.includes(stateAfter(assignment.state, waitingFor(assignment.id))),
  );
  return (
    <div className="patrol">
      <UnitBar unit={unit} positionState={positionState} here={here} />
      <MyShift unit={unitId} />
      <QueueNotice queue={queue} />
      <PhotoNotice />
      <CheckInPanel here={here} isDocked={!active?.length} />
      <Answer query={mine}>
        {() => {
          if (!active || active.length === 0) {
            return (
              <div className="patrol-idle">
                <Empty title={t("patrol.idle")} hint={t("patrol.idle_hint")} />
              </div>
            );
          }
          return active.map((one) => (
            <AssignmentCard
              key={one.assignment.id}
              mine={one}
              here={position}
              queue={queue}
              waiting={waitingFor(one.assignment.id)}
              hold={ring.data?.incident === one.incident.id ? ring.data : null}
            />
          ));
        }}
      </Answer>
      <TourPanel unit={unitId} here={position} isBusy={Boolean(active?.length)} />
      <NearBoxesPanel here={positionState === "on" ? (here?.position ?? null) : null} last={position} />
      <NearbyHits here={position} />
    </div>
  );
}
