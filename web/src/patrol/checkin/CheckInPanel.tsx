// Checking in at a patrol box: the button under the thumb, and what became of the last ones.

import "./checkin.css";
import { Button } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { ReportPosition } from "../../app/api/types";
import { Icon } from "../../app/icons";
import { useSession } from "../../app/session";
import { CheckInDone } from "./CheckInDone";
import { CheckInNotice } from "./CheckInNotice";
import { CheckInSheet, prepareScanner } from "./CheckInSheet";
import { LOW } from "./nonceStock";
import { useCheckIns } from "./useCheckIns";

interface Props {
  here: ReportPosition | null;
  /** No order is being worked on: the button may lie at the bottom, where the thumb is. */
  isDocked: boolean;
}

export function CheckInPanel(props: Props) {
  const { may } = useSession();
  return may("patrol.check_in") ? <Panel {...props} /> : null;
}

function Panel({ here, isDocked }: Props) {
  const { t } = useTranslation();
  const checkIns = useCheckIns();
  const [isOpen, setOpen] = useState(false);
  const top = useRef<HTMLDivElement>(null);
  const { waiting, refused, taken, noncesLeft, isLocating } = checkIns;
  useEffect(() => void prepareScanner(), []);
  return (
    <>
      <div ref={top} className="check-in-top" />
      <CheckInNotice checkIns={checkIns} />
      {taken.map((one, at) => (
        <CheckInDone
          key={one.key}
          checkIn={one.checkIn}
          isOpen={at === 0 && isDocked}
          onClose={() => checkIns.close(one.key)}
        />
      ))}
      <div className="check-in-dock" data-docked={isDocked || undefined}>
        <Button
          size={isDocked ? "xl" : "md"}
          // One thing is first on the screen: the order's next step while there is an order.
          variant={isDocked ? "filled" : "default"}
          fullWidth
          leftSection={<Icon name="scan" size={isDocked ? 26 : 20} />}
          onClick={() => setOpen(true)}
          data-testid="check-in-open"
        >
          {t("checkin.do")}
        </Button>
        {noncesLeft !== null && noncesLeft < LOW && (
          <p className={noncesLeft === 0 ? "ink-warn" : "dim"}>
            {t("checkin.nonces_left", { count: noncesLeft })}
          </p>
        )}
      </div>
      <CheckInSheet
        isOpen={isOpen}
        isBusy={isLocating}
        onClose={() => setOpen(false)}
        onRead={async (code) => {
          const stop = await checkIns.read(code, here);
          if (stop !== null) return stop;
          setOpen(false);
          // What became of it is said there, be it taken or waiting; only the officer's own act moves the page.
          top.current?.scrollIntoView({ block: "start" });
          return null;
        }}
      />
      {/* Read aloud once; the cards themselves would be read from the top each time. */}
      <p className="unseen" role="status">
        {taken[0] && t("checkin.done", { number: taken[0].checkIn.number, name: taken[0].checkIn.name })}
        {waiting.length > 0 && t("checkin.waiting", { count: waiting.length })}
        {refused.length > 0 && t("checkin.refused_count", { count: refused.length })}
      </p>
    </>
  );
}
