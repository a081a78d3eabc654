// The one imperative map. React hands it facts; it never re-renders because something moved.

import "maplibre-gl/dist/maplibre-gl.css";
import {
  type GeoJSONFeatureDiff,
  type GeoJSONSource,
  Map as LibreMap,
  Marker,
  NavigationControl,
  ScaleControl,
  setWorkerUrl,
} from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";
import type { Id, MapInfo, UnitMoved, Wgs84 } from "../app/api/types";
import { FONT } from "../app/theme";
import { pointFeature } from "./features";
import { mark } from "./marks";
import { OVERLAYS, type Overlay, PICKABLE } from "./overlays";
import type { Scheme } from "./palette";
import { mapStyle } from "./style";

setWorkerUrl(workerUrl);

/** Whoever has just moved the map is looking at something. */
const HELD_MS = 8_000;

/** Tainan, where nothing says otherwise. */
const FALLBACK = { center: [120.2055, 22.9908] as [number, number], zoom: 12.5 };
/** A map of the whole country opens on its middle, not on an island the size of a stamp. */
const FIT_MAX_DEGREES = 0.6;

export interface Picked {
  overlay: Overlay;
  id: Id;
}

export interface MapWishes {
  onPick?: (picked: Picked) => void;
  onPlace?: (place: Wgs84) => void;
  /** West, south, east and north of what is in view, when the map has come to rest. */
  onView?: (view: [number, number, number, number]) => void;
  /** Every click is a place, whatever stands there. */
  isDrawing?: boolean;
}

export class LiveMap {
  private readonly map: LibreMap;
  private readonly features: Partial<Record<Overlay, GeoJSON.Feature[]>> = {};
  private scheme: Scheme;
  private readonly alarms = new Map<Id, Marker>();
  private heldAt_ms = Number.NEGATIVE_INFINITY;
  private isReady = false;
  private isGone = false;
  wishes: MapWishes = {};

  constructor(
    private readonly box: HTMLElement,
    private info: MapInfo | null,
    scheme: Scheme,
    isSmall: boolean,
  ) {
    this.scheme = scheme;
    this.map = new LibreMap({
      container: box,
      style: mapStyle(info, scheme),
      localIdeographFontFamily: FONT,
      attributionControl: info?.attribution ? { compact: true } : false,
      dragRotate: false,
      pitchWithRotate: false,
      maxPitch: 0,
      fadeDuration: 0,
      ...opening(info),
    });
    this.map.touchZoomRotate.disableRotation();
    this.map.keyboard.disableRotation();
    if (!isSmall) this.map.addControl(new NavigationControl({ showCompass: false }), "top-right");
    this.map.addControl(new ScaleControl({ maxWidth: 120 }), "bottom-left");
    this.map.setMissingStyleImageResolver((name) => {
      const drawn = mark(name, this.scheme);
      if (drawn) this.map.addImage(name, drawn.data, { pixelRatio: drawn.pixelRatio });
    });
    if (isSmall) {
      // Still one tap away, but not over the place that the officer looks for.
      this.map.once("idle", () => {
        box.querySelector(".maplibregl-ctrl-attrib")?.classList.remove("maplibregl-compact-show");
      });
    }
    this.map.on("style.load", () => {
      this.isReady = true;
      for (const overlay of OVERLAYS) this.push(overlay);
    });
    this.map.on("movestart", () => {
      delete this.box.dataset.idle;
    });
    // A movement of our own has no event of a person behind it.
    this.map.on("move", (event) => {
      if (event.originalEvent) this.heldAt_ms = performance.now();
    });
    this.map.on("idle", () => {
      this.box.dataset.idle = "true";
      this.wishes.onView?.(this.bounds());
    });
    this.map.on("click", (event) => {
      if (this.wishes.isDrawing) {
        this.wishes.onPlace?.({ lon: round(event.lngLat.lng), lat: round(event.lngLat.lat) });
        return;
      }
      const layers = Object.keys(PICKABLE).filter((layer) => this.map.getLayer(layer));
      const { x, y } = event.point;
      const near = this.map.queryRenderedFeatures(
        [
          [x - 8, y - 8],
          [x + 8, y + 8],
        ],
        { layers },
      );
      const hit = near.sort((a, b) => rank(a.layer.id) - rank(b.layer.id))[0];
      const overlay = hit ? PICKABLE[hit.layer.id] : undefined;
      if (hit?.properties.cluster === true) {
        void this.open(hit);
      } else if (hit && overlay && this.wishes.onPick) {
        this.wishes.onPick({ overlay, id: String(hit.properties.id) });
      } else {
        this.wishes.onPlace?.({ lon: round(event.lngLat.lng), lat: round(event.lngLat.lat) });
      }
    });
  }

  /** Replaces all features of one overlay. */
  set(overlay: Overlay, features: GeoJSON.Feature[]): void {
    this.features[overlay] = features;
    this.push(overlay);
    if (overlay === "panic") this.signal(features);
  }

  /** Somebody moves it, or has just done so: it must not be taken out of that person's hand. */
  isHeld(): boolean {
    return performance.now() - this.heldAt_ms < HELD_MS;
  }

  /** Moves only what moved. */
  moved(units: ReadonlyMap<Id, UnitMoved>): void {
    for (const overlay of ["units", "panic"] as const) {
      const update: GeoJSONFeatureDiff[] = [];
      for (const feature of this.features[overlay] ?? []) {
        const to = units.get(String(feature.properties?.id));
        if (!to) continue;
        const newGeometry: GeoJSON.Point = { type: "Point", coordinates: [to.position.lon, to.position.lat] };
        feature.geometry = newGeometry;
        // The circle around it is of the same fix as the place.
        const accuracy = { key: "accuracy_m", value: to.accuracy_m };
        if (feature.properties) feature.properties.accuracy_m = to.accuracy_m;
        update.push({ id: to.unit, newGeometry, addOrUpdateProperties: [accuracy] });
        if (overlay === "panic") this.alarms.get(to.unit)?.setLngLat([to.position.lon, to.position.lat]);
      }
      if (update.length > 0 && this.isReady) void this.source(overlay)?.updateData({ update });
    }
  }

  /** Signs that beat are elements: a map that is drawn anew for each beat would cost the whole machine. */
  private signal(features: GeoJSON.Feature[]): void {
    const now = new Map(features.map((feature) => [String(feature.properties?.id), feature]));
    for (const [id, marker] of this.alarms) {
      if (now.has(id)) continue;
      marker.remove();
      this.alarms.delete(id);
    }
    for (const [id, feature] of now) {
      if (feature.geometry.type !== "Point") continue;
      const [lon = 0, lat = 0] = feature.geometry.coordinates;
      let marker = this.alarms.get(id);
      if (!marker) {
        const element = document.createElement("div");
        element.className = "panic-sign";
        element.textContent = "!";
        element.setAttribute("aria-hidden", "true");
        marker = new Marker({ element }).setLngLat([lon, lat]).addTo(this.map);
        // The library names each mark for screen readers; the bar above the page says all of it.
        element.removeAttribute("aria-label");
        element.removeAttribute("role");
        this.alarms.set(id, marker);
      }
      marker.setLngLat([lon, lat]).getElement().dataset.state = String(feature.properties?.state);
    }
  }

  select(place: Wgs84 | null): void {
    this.set("selection", place ? [pointFeature("selection", place, {})] : []);
  }

  flyTo(place: Wgs84, zoom = 15): void {
    const isCalm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    // The card that opens beside the map takes room from it; the middle is where it is after that.
    requestAnimationFrame(() => {
      if (this.isGone) return;
      this.map.resize();
      this.map.easeTo({
        center: [place.lon, place.lat],
        zoom: Math.max(this.map.getZoom(), zoom),
        duration: isCalm ? 0 : 350,
      });
    });
  }

  /** Brings a place into view without coming nearer; what is in view already stays where it is. */
  show(place: Wgs84): void {
    const { x, y } = this.map.project([place.lon, place.lat]);
    const { clientWidth, clientHeight } = this.box;
    const edge = 50;
    const isSeen = x > edge && x < clientWidth - edge && y > edge && y < clientHeight - edge;
    if (!isSeen) this.flyTo(place, 0);
  }

  /** West, south, east, north of what is in view. */
  bounds(): [number, number, number, number] {
    const view = this.map.getBounds();
    return [view.getWest(), view.getSouth(), view.getEast(), view.getNorth()].map(round) as [
      number,
      number,
      number,
      number,
    ];
  }

  fit(all: Wgs84[]): void {
    const [first] = all;
    if (!first) return;
    if (all.length === 1) {
      this.flyTo(first, 15);
      return;
    }
    let [west, south, east, north] = [first.lon, first.lat, first.lon, first.lat];
    for (const { lon, lat } of all) {
      west = Math.min(west, lon);
      south = Math.min(south, lat);
      east = Math.max(east, lon);
      north = Math.max(north, lat);
    }
    // A card that has just opened beside the map took room from it.
    this.map.resize();
    this.map.fitBounds([west, south, east, north], {
      padding: Math.min(60, this.box.clientHeight / 5),
      maxZoom: 16,
      duration: 0,
    });
  }

  restyle(info: MapInfo | null, scheme: Scheme): void {
    if (scheme === this.scheme && info?.version === this.info?.version) return;
    this.scheme = scheme;
    this.info = info;
    this.isReady = false;
    this.map.setStyle(mapStyle(info, scheme), { diff: false });
  }

  remove(): void {
    this.isGone = true;
    this.map.remove();
  }

  /** Comes so near that a cluster falls apart. */
  private async open(cluster: GeoJSON.Feature): Promise<void> {
    if (cluster.geometry.type !== "Point") return;
    const zoom = await this.source("dots")?.getClusterExpansionZoom(Number(cluster.properties?.cluster_id));
    const [lon = 0, lat = 0] = cluster.geometry.coordinates;
    if (zoom !== undefined && !this.isGone) this.map.easeTo({ center: [lon, lat], zoom, duration: 0 });
  }

  private source(overlay: Overlay): GeoJSONSource | undefined {
    return this.map.getSource<GeoJSONSource>(overlay);
  }

  private push(overlay: Overlay): void {
    if (!this.isReady) return;
    delete this.box.dataset.idle;
    void this.source(overlay)?.setData({
      type: "FeatureCollection",
      features: this.features[overlay] ?? [],
    });
  }
}

function opening(info: MapInfo | null) {
  if (!info?.bounds) return FALLBACK;
  const [west, south, east, north] = info.bounds;
  if (east - west <= FIT_MAX_DEGREES && north - south <= FIT_MAX_DEGREES) {
    return { bounds: info.bounds, fitBoundsOptions: { padding: 12 } };
  }
  const { center } = info;
  if (!center) return { center: [(west + east) / 2, (south + north) / 2] as [number, number], zoom: 11 };
  const at: [number, number] = Array.isArray(center) ? center : [center.lon, center.lat];
  return { center: at, zoom: 12.5 };
}

const rank = (layer: string) => Object.keys(PICKABLE).indexOf(layer);
const round = (degrees: number) => Math.round(degrees * 1e6) / 1e6;
