// Beside a call, or an incident that came of one: the link, where the phone is and how sure that is, and what is written both ways.

import { Button, CopyButton } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { renderSVG } from "uqr";
import { Age } from "../../app/Age";
import { useNow } from "../../app/age";
import { callers } from "../../app/api/calls.caller";
import type { Wgs84 } from "../../app/api/types";
import type { CallerLink, CallerPlace, CallerView } from "../../app/api/types.caller";
import { sayDistance } from "../../app/say";
import { Failure } from "../../app/states";
import { SureButton } from "../../operate/SureButton";
import { CallerThread } from "./CallerThread";
import { isLive, isUnheard, keepLink, unreadOf, useKeptLink } from "./useCaller";
import "./caller.css";

interface Props {
  view: CallerView;
  /** What becomes of the place that a person chose; null where nothing may. */
  onScene: ((place: Wgs84) => void) | null;
  onShow: (place: Wgs84) => void;
  isSaving?: boolean;
}

function useChange() {
  const client = useQueryClient();
  return (view: CallerView) => {
    client.setQueryData(["caller", "call", view.call], view);
    void client.invalidateQueries({ queryKey: ["caller", "incident"] });
    void client.invalidateQueries({ queryKey: ["callers"] });
  };
}

/** Sent by hand: nothing in the house sends messages to citizens. */
function LinkOut({ url }: { url: string }) {
  const { t } = useTranslation();
  return (
    <div className="caller-link" data-testid="caller-link-out">
      <img
        className="qr"
        alt={t("caller.qr")}
        src={`data:image/svg+xml,${encodeURIComponent(renderSVG(url, { border: 2 }))}`}
      />
      <div>
        <p>{t("caller.send_by_hand")}</p>
        <span className="code caller-url" data-testid="caller-url">
          {url}
        </span>
        <CopyButton value={url}>
          {({ copied, copy }) => (
            <Button size="compact-md" variant="default" onClick={copy} data-testid="copy-caller-link">
              {copied ? t("app.copied") : t("caller.copy_link")}
            </Button>
          )}
        </CopyButton>{" "}
        <CopyButton value={t("caller.message", { url })}>
          {({ copied, copy }) => (
            <Button size="compact-md" variant="default" onClick={copy}>
              {copied ? t("app.copied") : t("caller.copy_message")}
            </Button>
          )}
        </CopyButton>
      </div>
    </div>
  );
}

function Status({ link }: { link: CallerLink }) {
  const { t } = useTranslation();
  const now = useNow();
  const isOpen = ["opened", "agreed", "sharing"].includes(link.state);
  return (
    <>
      <p data-testid="caller-state" data-state={link.state}>
        <strong>{t(`caller.state.${link.state}`)}</strong>{" "}
        {link.state === "sent" && <Age at={link.made_at_us} />}
        {isOpen && (
          <span className="dim">
            {t("caller.until")} <Age at={link.expires_at_us} />
          </span>
        )}
      </p>
      {isOpen && link.is_silent && (
        <p className="note-warn" role="alert" data-testid="caller-silent">
          ▲ {t("caller.is_silent")}
        </p>
      )}
      {isOpen && link.trouble && <p className="note-warn">▲ {t(`caller.trouble.${link.trouble}`)}</p>}
      {isOpen && link.heard_at_us !== null && isUnheard(link.heard_at_us, now) && (
        <p className="note-warn" data-testid="caller-unheard">
          ▲ {t("caller.unheard")} <Age at={link.heard_at_us} />
        </p>
      )}
    </>
  );
}

function Place({ place, view, onScene, onShow, isSaving }: { place: CallerPlace } & Props) {
  const { t } = useTranslation();
  const { doubted } = view;
  return (
    <div className="caller-where" data-testid="caller-place">
      <p>
        <strong className="number">
          {place.position.lat.toFixed(5)}, {place.position.lon.toFixed(5)}
        </strong>{" "}
        · {t("caller.accuracy", { metres: Math.max(1, Math.round(place.accuracy_m)) })} ·{" "}
        <Age at={place.measured_at_us} />
      </p>
      {place.off_road_m !== null && (
        <p className="note-warn">▲ {t("caller.off_road", { distance: sayDistance(place.off_road_m, t) })}</p>
      )}
      {doubted && (
        <p className="note-warn" data-testid="caller-doubted">
          ▲ {t("caller.doubted")} {doubted.position.lat.toFixed(4)}, {doubted.position.lon.toFixed(4)} ·{" "}
          <Age at={doubted.measured_at_us} />
        </p>
      )}
      <div className="caller-acts">
        <Button size="compact-md" variant="default" onClick={() => onShow(place.position)}>
          {t("caller.show")}
        </Button>
        {onScene && (
          <Button
            size="compact-md"
            variant="default"
            loading={isSaving ?? false}
            onClick={() => onScene(place.position)}
            data-testid="caller-as-scene"
          >
            {t("caller.as_scene")}
          </Button>
        )}
      </div>
    </div>
  );
}

export function CallerPanel(props: Props) {
  const { t } = useTranslation();
  const { view } = props;
  const { call, link, place } = view;
  const change = useChange();
  const [isThread, setThread] = useState(false);
  const url = useKeptLink(call, link?.made_at_us);
  const make = useMutation({
    mutationFn: () => callers.makeLink(call),
    onSuccess: (made) => {
      if (made.caller.link) keepLink(call, made.url, made.caller.link.made_at_us);
      change(made.caller);
    },
  });
  const extend = useMutation({ mutationFn: () => callers.extend(call), onSuccess: change });
  const revoke = useMutation({ mutationFn: () => callers.revoke(call), onSuccess: change });
  const isOpen = isLive(view);
  const isOver = link?.state === "over";
  const unread = unreadOf(view);
  const error = make.error ?? extend.error ?? revoke.error;
  return (
    <section className="caller-panel" aria-label={t("caller.title")} data-testid="caller-panel">
      <h3 className="section-title">
        {t("caller.title")} <span className="number dim">{view.number}</span>
        {unread > 0 && (
          <span className="count count-warn" data-testid="caller-unread">
            {t("caller.unread", { count: unread })}
          </span>
        )}
      </h3>
      {link ? <Status link={link} /> : <p className="dim">{t("caller.none")}</p>}
      {isOpen && link?.state === "sent" && url && <LinkOut url={url} />}
      {isOpen && link?.state === "sent" && !url && <p className="dim">{t("caller.told_once")}</p>}
      {place && <Place {...props} place={place} />}
      {(view.words.length > 0 || isThread || (isOpen && link?.state !== "sent")) && (
        <CallerThread view={view} isOpen={isOpen} onChange={change} />
      )}
      {!isOver && (
        <div className="caller-acts">
          {isOpen ? (
            <>
              {view.words.length === 0 && link?.state === "sent" && !isThread && (
                <Button size="compact-md" variant="default" onClick={() => setThread(true)}>
                  {t("caller.write")}
                </Button>
              )}
              <Button
                size="compact-md"
                variant="default"
                loading={extend.isPending}
                onClick={() => extend.mutate()}
                data-testid="extend-caller-link"
              >
                {t("caller.extend")}
              </Button>
              <SureButton
                label={t("caller.revoke")}
                sure={t("caller.revoke_sure")}
                onSure={() => revoke.mutate()}
                isBusy={revoke.isPending}
                testId="revoke-caller-link"
              />
            </>
          ) : (
            <Button
              size="compact-md"
              loading={make.isPending}
              onClick={() => make.mutate()}
              data-testid="make-caller-link"
            >
              {link ? t("caller.make_again") : t("caller.make")}
            </Button>
          )}
        </div>
      )}
      {error && <Failure error={error} />}
    </section>
  );
}
