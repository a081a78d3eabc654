// The map's colours: a grey world, so that an alarm is the only thing that stands out.

export type Scheme = "dark" | "light";

export interface MapColours {
  ground: string;
  builtUp: string;
  park: string;
  water: string;
  road: string;
  roadMain: string;
  roadMajor: string;
  casing: string;
  path: string;
  label: string;
  labelHalo: string;
  ink: string;
  inkDim: string;
  paper: string;
  selected: string;
  warn: string;
  alarm: string;
}

export const COLOURS: Record<Scheme, MapColours> = {
  dark: {
    ground: "#12161c",
    builtUp: "#161b22",
    park: "#17231f",
    water: "#13293c",
    road: "#29313b",
    roadMain: "#36414d",
    roadMajor: "#475462",
    casing: "#0d1015",
    path: "#222a33",
    label: "#a7b3c0",
    labelHalo: "#12161c",
    ink: "#dbe2ea",
    inkDim: "#8592a0",
    paper: "#12161c",
    selected: "#6db8ff",
    warn: "#f5b942",
    alarm: "#ff7a6b",
  },
  light: {
    ground: "#eef0f2",
    builtUp: "#e6e9ec",
    park: "#dfe8df",
    water: "#cddbe6",
    road: "#ffffff",
    roadMain: "#ffffff",
    roadMajor: "#fbfbf4",
    casing: "#c3cad1",
    path: "#d6dbe0",
    label: "#46525f",
    labelHalo: "#f6f7f8",
    ink: "#1a2129",
    inkDim: "#5d6a78",
    paper: "#ffffff",
    selected: "#0b62bd",
    warn: "#9a5b00",
    alarm: "#b3261e",
  },
};
