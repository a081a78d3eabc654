// The signs on the map, drawn here: no sprite to fetch. Each state has its own shape before it has a colour.

import { COLOURS, type MapColours, type Scheme } from "./palette";

const SIDE = 34;
const RATIO = 2;

type Pen = CanvasRenderingContext2D;

function outline(pen: Pen, shape: string, r: number): void {
  pen.beginPath();
  if (shape === "circle") pen.arc(0, 0, r, 0, Math.PI * 2);
  else if (shape === "square") pen.rect(-r * 0.88, -r * 0.88, r * 1.76, r * 1.76);
  else if (shape === "diamond") {
    pen.moveTo(0, -r * 1.15);
    pen.lineTo(r * 1.15, 0);
    pen.lineTo(0, r * 1.15);
    pen.lineTo(-r * 1.15, 0);
  } else if (shape === "arrow") {
    pen.moveTo(0, -r * 1.2);
    pen.lineTo(r, r);
    pen.lineTo(0, r * 0.5);
    pen.lineTo(-r, r);
  } else if (shape === "triangle") {
    pen.moveTo(0, -r * 1.1);
    pen.lineTo(r * 1.15, r * 0.9);
    pen.lineTo(-r * 1.15, r * 0.9);
  } else if (shape === "octagon") {
    for (let corner = 0; corner < 8; corner += 1) {
      const turn = ((corner + 0.5) * Math.PI) / 4;
      pen.lineTo(Math.cos(turn) * r * 1.2, Math.sin(turn) * r * 1.2);
    }
  } else if (shape === "drop") {
    pen.arc(0, -r * 0.35, r * 0.8, Math.PI * 0.85, Math.PI * 0.15);
    pen.lineTo(0, r * 1.2);
  }
  pen.closePath();
}

function glyph(pen: Pen, text: string, colour: string, dy = 0.5): void {
  pen.fillStyle = colour;
  pen.font = '700 13px "Noto Sans TC", "Noto Sans CJK TC", sans-serif';
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.fillText(text, 0, dy);
}

function body(pen: Pen, shape: string, fill: string, edge: string, isDashed = false): void {
  outline(pen, shape, 10);
  pen.fillStyle = fill;
  pen.fill();
  pen.lineWidth = 2;
  pen.strokeStyle = edge;
  pen.setLineDash(isDashed ? [3, 2.5] : []);
  pen.stroke();
  pen.setLineDash([]);
}

const UNIT_SHAPES: Record<string, string> = {
  available: "circle",
  dispatched: "diamond",
  en_route: "arrow",
  on_scene: "square",
  busy: "circle",
  off_duty: "circle",
};

function unit(pen: Pen, c: MapColours, state: string, isOld: boolean): void {
  const shape = UNIT_SHAPES[state] ?? "circle";
  if (isOld) body(pen, shape, c.paper, c.inkDim, true);
  else if (state === "available") body(pen, shape, c.ink, c.paper);
  else if (state === "busy" || state === "off_duty") body(pen, shape, c.paper, c.inkDim);
  else body(pen, shape, c.paper, c.ink);
  const ink = isOld ? c.inkDim : state === "available" ? c.paper : c.ink;
  if (isOld) glyph(pen, "?", ink);
  else if (state === "busy") glyph(pen, "–", c.inkDim);
  else if (state === "dispatched") glyph(pen, "…", ink, -2);
  else if (state === "on_scene") glyph(pen, "到", ink);
}

/** A patrol box: quiet while somebody comes, louder the longer nobody has. */
function box(pen: Pen, c: MapColours, state: string): void {
  if (state === "on_time") body(pen, "square", c.inkDim, c.paper);
  else if (state === "late") body(pen, "diamond", c.paper, c.warn);
  else if (state === "missed") body(pen, "diamond", c.alarm, c.paper);
  else body(pen, "square", c.paper, c.inkDim, true);
  if (state === "on_time") glyph(pen, "✓", c.paper);
  else if (state === "late" || state === "missed") glyph(pen, "!", state === "late" ? c.warn : c.paper);
  else glyph(pen, state === "never" ? "?" : "–", c.inkDim);
}

/** A junction of a ring: filled and numbered where somebody holds it, hollow where nobody does. */
function ring(pen: Pen, c: MapColours, state: string, number: string): void {
  if (state === "held") {
    body(pen, "octagon", c.selected, c.paper);
    glyph(pen, number, c.paper);
  } else if (state === "open") {
    body(pen, "octagon", c.paper, c.warn);
    pen.lineWidth = 3;
    pen.stroke();
  } else {
    // Around the incident's own sign, which stays readable inside.
    pen.lineWidth = 2.5;
    pen.strokeStyle = c.alarm;
    pen.beginPath();
    pen.arc(0, 0, 13, 0, Math.PI * 2);
    for (const [x, y] of [
      [1, 0],
      [0, 1],
      [-1, 0],
      [0, -1],
    ] as const) {
      pen.moveTo(x * 11, y * 11);
      pen.lineTo(x * 16.5, y * 16.5);
    }
    pen.stroke();
  }
}

function draw(pen: Pen, c: MapColours, name: string): void {
  const [what, state = "", flag = ""] = name.split(".");
  if (what === "unit") unit(pen, c, state, flag === "stale");
  else if (what === "hit") {
    const colour = state === "caution" ? c.alarm : state === "raised" ? c.warn : c.selected;
    if (state === "confirmed") body(pen, "triangle", colour, c.paper);
    else body(pen, "triangle", c.paper, colour);
    glyph(pen, state === "confirmed" ? "✓" : "!", state === "confirmed" ? c.paper : colour, 2.5);
  } else if (what === "incident") {
    const isUrgent = flag === "open" && Number(state) <= 2;
    const colour = flag === "open" ? (isUrgent ? c.alarm : c.warn) : c.ink;
    body(pen, "square", flag === "open" ? colour : c.paper, flag === "open" ? c.paper : colour);
    glyph(pen, state, flag === "open" ? c.paper : colour);
  } else if (what === "camera" && (state === "a" || state === "b")) {
    // Chosen for a question: where first, where later.
    body(pen, state === "a" ? "square" : "diamond", c.selected, c.paper);
    glyph(pen, state.toUpperCase(), c.paper);
  } else if (what === "camera") {
    pen.fillStyle = state === "off" ? c.paper : c.inkDim;
    pen.strokeStyle = c.inkDim;
    pen.lineWidth = 1.5;
    pen.beginPath();
    pen.rect(-7, -4.5, 9, 9);
    pen.moveTo(2, -1);
    pen.lineTo(7, -4);
    pen.lineTo(7, 4);
    pen.lineTo(2, 1);
    pen.closePath();
    pen.fill();
    pen.stroke();
  } else if (what === "box") box(pen, c, state);
  else if (what === "ring") ring(pen, c, state, flag);
  else if (what === "move") body(pen, "octagon", c.paper, c.selected, true);
  else if (what === "pin") body(pen, "drop", c.selected, c.paper);
  else if (what === "caller") {
    const isOld = state === "old";
    body(pen, "drop", isOld ? c.paper : c.selected, isOld ? c.selected : c.paper, isOld);
    glyph(pen, "人", isOld ? c.selected : c.paper, -3);
  } else if (what === "place") {
    body(pen, "drop", c.paper, c.selected);
    glyph(pen, state, c.ink, -3);
  } else if (what === "me") {
    outline(pen, "circle", 7);
    pen.fillStyle = c.selected;
    pen.fill();
    pen.lineWidth = 3;
    pen.strokeStyle = c.ink;
    pen.stroke();
  }
}

export function mark(name: string, scheme: Scheme): { data: ImageData; pixelRatio: number } | null {
  const canvas = document.createElement("canvas");
  canvas.width = SIDE * RATIO;
  canvas.height = SIDE * RATIO;
  const pen = canvas.getContext("2d");
  if (!pen) return null;
  pen.scale(RATIO, RATIO);
  pen.translate(SIDE / 2, SIDE / 2);
  pen.lineJoin = "round";
  draw(pen, COLOURS[scheme], name);
  return { data: pen.getImageData(0, 0, canvas.width, canvas.height), pixelRatio: RATIO };
}
