// The rooms of dispatch beside the console: one place in the menu, and from there to each other.

import { useTranslation } from "react-i18next";
import { Link, useLocation } from "wouter";
import { ROOMS, type Room } from "./rooms";
import { useSession } from "./session";

const NAMES: Room["name"][] = ["policy", "cards", "shifts", "intervals"];

export function DispatchNav() {
  const { t } = useTranslation();
  const { may } = useSession();
  const [path] = useLocation();
  const rooms = ROOMS.filter((room) => NAMES.includes(room.name) && room.needs.some(may));
  return (
    <nav className="dispatch-nav" aria-label={t("app.dispatch_rooms")}>
      {rooms.map((room) => (
        <Link
          key={room.name}
          href={room.path}
          className="room-link"
          aria-current={path.startsWith(room.path) ? "page" : undefined}
          data-testid={`dispatch-${room.name}`}
        >
          {t(`room.${room.name}`)}
        </Link>
      ))}
    </nav>
  );
}
