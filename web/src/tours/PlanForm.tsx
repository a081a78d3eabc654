// What a plan is asked for: when, where, who; and how much chance and how much standing.

import { Button, MultiSelect, NumberInput, Select, TextInput } from "@mantine/core";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { microsFromTaipei, taipeiField, useNow } from "../app/age";
import type { Wgs84 } from "../app/api/types";
import type { AskTours } from "../app/api/types.tours";
import { useUnits } from "../app/queries";
import { useSession } from "../app/session";
import { Answer, Empty, Failure, Loading } from "../app/states";
import { StationSelect } from "../boxes/StationSelect";
import { useBoxes } from "../boxes/useBoxes";
import { boxFeatures, pointFeature } from "../map/features";
import { MapView } from "../map/MapView";
import { isShift, nextShift, restOfShift } from "./shift";
import { type TourParams, usePlan, usePlanActs } from "./useTours";

interface Props {
  params: TourParams;
  go: (next: Partial<TourParams>) => void;
}

const UNITS_MAX = 20;

/** Seconds since the question was sent; the answer takes up to some ten. */
function Waiting({ since_ms }: { since_ms: number }) {
  const { t } = useTranslation();
  const now = useNow();
  return <Loading label={t("tour.planning", { count: Math.max(Math.round((now - since_ms) / 1000), 0) })} />;
}

function number(value: string | number): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

export function PlanForm({ params, go }: Props) {
  const { t } = useTranslation();
  const now = useNow();
  const { may } = useSession();
  const units = useUnits();
  // A plan that is planned again lends its shift, place and crews, and ends when the new one is published.
  const old = usePlan(params.plan);
  const [first] = useState(() => nextShift(Date.now() * 1000));
  const [from, setFrom] = useState<string | null>(null);
  const [to, setTo] = useState<string | null>(null);
  /** Empty is the whole city, as she chose; null is not chosen here. */
  const [stationChosen, setStation] = useState<string | null>(null);
  const [crews, setCrews] = useState<string[] | null>(null);
  const [base, setBase] = useState<Wgs84 | null>(null);
  const [isPicking, setPicking] = useState(false);
  const [days, setDays] = useState<string | number>(90);
  const [chance, setChance] = useState<string | number>(30);
  const [standing, setStanding] = useState<string | number>(50);
  const [seed, setSeed] = useState<string | number>("");
  const [sent_ms, setSent] = useState(0);
  const { make } = usePlanActs();

  const station = stationChosen ?? (params.station || old.data?.station || "");
  const boxes = useBoxes({ q: "", station, state: "" });
  const shift = {
    from: from ?? taipeiField(old.data ? restOfShift(old.data.from_us, now * 1000) : first.from_us),
    to: to ?? taipeiField(old.data?.to_us ?? first.to_us),
  };
  const [from_us, to_us] = [microsFromTaipei(shift.from), microsFromTaipei(shift.to)];
  const chosen = crews ?? old.data?.tours.map((tour) => tour.unit) ?? [];
  const isSound = isShift(from_us, to_us, now * 1000);
  const parts = {
    days: number(days),
    chance: number(chance),
    standing: number(standing),
    seed: number(seed),
  };
  const isComplete =
    isSound && chosen.length > 0 && parts.days !== null && parts.chance !== null && parts.standing !== null;

  const send = () => {
    if (!isComplete || from_us === null || to_us === null) return;
    const ask: AskTours = {
      from_us,
      to_us,
      units: chosen,
      ...(station ? { station } : {}),
      ...(base ? { base } : {}),
      ...(parts.days === null ? {} : { days: parts.days }),
      ...(parts.chance === null ? {} : { unpredictability: parts.chance / 100 }),
      ...(parts.standing === null ? {} : { standing_share_max: parts.standing / 100 }),
      ...(parts.seed === null ? {} : { seed: parts.seed }),
      ...(params.plan ? { replaces: params.plan } : {}),
    };
    setSent(Date.now());
    make.mutate(ask, { onSuccess: (plan) => go({ tab: "", plan: plan.id }) });
  };

  const places = boxes.data?.items;
  const overlays = useMemo(
    () => ({
      boxes: boxFeatures(places ?? []),
      pin: base ? [pointFeature("base", base, { icon: "pin" })] : [],
    }),
    [places, base],
  );
  const fit = useMemo(
    () => ({ key: `${station}|${places !== undefined}`, places: (places ?? []).map((box) => box.position) }),
    [station, places],
  );
  const atBox = places?.find((box) => box.position.lon === base?.lon && box.position.lat === base?.lat);

  // Operators equip boxes; whom to send is for those who see units.
  if (!may("units.watch")) return <Empty title={t("app.not_permitted")} hint={t("app.not_permitted_hint")} />;
  return (
    <form
      className="tours-form"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
      data-testid="tours-form"
    >
      <div className="tours-fields">
        {params.plan && <p className="note-warn">→ {t("tour.replaces_note")}</p>}
        <StationSelect
          value={station}
          onChange={(next) => {
            setStation(next);
            go({ station: next });
          }}
          testId="tours-form-station"
        />
        <div className="tours-two">
          <TextInput
            label={t("tour.from")}
            type="datetime-local"
            value={shift.from}
            onChange={(event) => setFrom(event.currentTarget.value)}
            data-testid="tours-from"
          />
          <TextInput
            label={t("tour.to")}
            type="datetime-local"
            value={shift.to}
            error={isSound ? undefined : t("tour.shift_wrong")}
            onChange={(event) => setTo(event.currentTarget.value)}
            data-testid="tours-to"
          />
        </div>
        <Answer query={units}>
          {(all) =>
            all.length === 0 ? (
              <Empty title={t("tour.no_units")} hint={t("tour.no_units_hint")} />
            ) : (
              <MultiSelect
                label={t("tour.units")}
                placeholder={chosen.length === 0 ? t("tour.units_hint") : ""}
                data={all.map((unit) => ({ value: unit.id, label: unit.call_sign }))}
                value={chosen}
                onChange={setCrews}
                maxValues={UNITS_MAX}
                searchable
                clearable
                data-testid="tours-units"
              />
            )
          }
        </Answer>
        <Select
          label={t("tour.base")}
          description={t("tour.base_hint")}
          placeholder={base ? t("tour.base_on_map") : t("tour.base_middle")}
          data={(places ?? []).map((box) => ({ value: box.id, label: `${box.number} ${box.name}` }))}
          value={atBox?.id ?? null}
          onChange={(id) => setBase(places?.find((box) => box.id === id)?.position ?? null)}
          searchable
          clearable
          limit={50}
          data-testid="tours-base"
        />
        <Button
          className="start"
          variant={isPicking ? "filled" : "default"}
          size="xs"
          aria-pressed={isPicking}
          onClick={() => setPicking(!isPicking)}
        >
          {t(isPicking ? "tour.base_picking" : "tour.base_pick")}
        </Button>
        <details>
          <summary>{t("tour.more")}</summary>
          <div className="tours-fields">
            <NumberInput
              label={t("tour.days")}
              description={t("tour.days_hint")}
              min={7}
              max={365}
              allowDecimal={false}
              value={days}
              onChange={setDays}
            />
            <NumberInput
              label={t("tour.chance")}
              description={t("tour.chance_hint")}
              min={0}
              max={100}
              suffix=" %"
              value={chance}
              onChange={setChance}
            />
            <NumberInput
              label={t("tour.standing_max")}
              description={t("tour.standing_max_hint")}
              min={20}
              max={80}
              suffix=" %"
              value={standing}
              onChange={setStanding}
            />
            <NumberInput
              label={t("tour.seed")}
              description={t("tour.seed_hint")}
              min={0}
              max={Number.MAX_SAFE_INTEGER}
              allowDecimal={false}
              value={seed}
              onChange={setSeed}
            />
          </div>
        </details>
        <p className="dim">{t("tour.citizens_only")}</p>
        {make.error && <Failure error={make.error} />}
        {make.isPending && <Waiting since_ms={sent_ms} />}
        <Button type="submit" disabled={!isComplete} loading={make.isPending} data-testid="tours-plan">
          {t("tour.propose")}
        </Button>
      </div>
      <div className="tours-map">
        <MapView
          label={t("tour.form_map")}
          overlays={overlays}
          selected={base}
          fit={fit}
          isDrawing={isPicking}
          {...(isPicking
            ? {
                onPlace: (place: Wgs84) => {
                  setBase(place);
                  setPicking(false);
                },
              }
            : {})}
        />
      </div>
    </form>
  );
}
