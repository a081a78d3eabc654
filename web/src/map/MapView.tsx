import "./map.css";
import { lazy, Suspense } from "react";
import type { MapProps } from "./MapPane";

// The map library is three quarters of the app; a page shows its words before its map.
const MapPane = lazy(() => import("./MapPane"));

export function MapView(props: MapProps) {
  return (
    <Suspense fallback={<div className={`map-frame ${props.className ?? ""}`} />}>
      <MapPane {...props} />
    </Suspense>
  );
}
