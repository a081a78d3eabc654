// One page of A4 with eight labels, drawn in millimetres; on the screen the same page, smaller.

import "./sheets.css";
import { memo, useMemo } from "react";
import { useTranslation } from "react-i18next";
import { encode } from "uqr";
import type { BoxCode } from "../app/api/types.patrol";
import { typedLines } from "./sheets";

/** Rain and scratches: a quarter of the code may be gone and it is still read. */
const ECC = "Q";
const QUIET = 2;

function Qr({ text, label }: { text: string; label: string }) {
  const { size, path } = useMemo(() => {
    const { data, size } = encode(text, { ecc: ECC, border: QUIET });
    // One run of dark modules is one piece of the path.
    const runs = data.flatMap((row, y) => {
      const found: string[] = [];
      for (let x = 0; x < size; x += 1) {
        if (!row[x]) continue;
        const from = x;
        while (row[x + 1]) x += 1;
        found.push(`M${from} ${y}h${x - from + 1}v1h-${x - from + 1}z`);
      }
      return found;
    });
    return { size, path: runs.join("") };
  }, [text]);
  return (
    <svg className="label-qr" viewBox={`0 0 ${size} ${size}`} shapeRendering="crispEdges" role="img">
      <title>{label}</title>
      <path d={path} fill="#000" />
    </svg>
  );
}

function Label({ code }: { code: BoxCode }) {
  const { t } = useTranslation();
  return (
    <div className="label" data-testid="sheet-label">
      <Qr text={code.text} label={t("box.sheet_qr", { number: code.number })} />
      <div className="label-words">
        {/* Whoever stands before the box reads Chinese, whatever the printing person's screen speaks. */}
        <span className="label-kind">{t("box.sheet_kind", { lng: "zh-TW" })}</span>
        <strong className="label-number">{code.number}</strong>
        <span className="label-name">{code.name}</span>
        <span className="label-station">{[code.station, code.beat].filter(Boolean).join(" · ")}</span>
      </div>
      <div className="label-code">
        {typedLines(code.text).map((line) => (
          <span key={line}>{line}</span>
        ))}
      </div>
    </div>
  );
}

/** Where a knife goes: ticks at the edge of the paper, crosses where four labels meet. */
function CutMarks() {
  const columns = [10, 105, 200];
  const rows = [10.5, 79.5, 148.5, 217.5, 286.5];
  const ticks = [
    ...columns.flatMap((x) => [`M${x} 3.500v5`, `M${x} 288.500v5`]),
    ...rows.flatMap((y) => [`M3 ${y}h5`, `M202 ${y}h5`]),
    ...rows.slice(1, -1).flatMap((y) => [`M103 ${y}h4`, `M105 ${y - 2}v4`]),
  ];
  return (
    <svg className="cut-marks" viewBox="0 0 210 297" aria-hidden="true">
      <path d={ticks.join("")} stroke="#888" strokeWidth="0.25" fill="none" />
    </svg>
  );
}

interface Props {
  labels: (BoxCode | null)[];
  station: string;
  foot: string;
}

export const Sheet = memo(function Sheet({ labels, station, foot }: Props) {
  return (
    <section className="sheet" aria-label={`${station} ${foot}`} data-testid="sheet">
      <CutMarks />
      <div className="sheet-grid">
        {labels.map((code, at) =>
          code ? (
            <Label key={code.id} code={code} />
          ) : (
            // biome-ignore lint/suspicious/noArrayIndexKey: an empty place has nothing but its place
            <div key={at} className="label label-empty" />
          ),
        )}
      </div>
      <p className="sheet-foot">
        {station} · {foot}
      </p>
    </section>
  );
});
