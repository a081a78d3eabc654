// The rooms side by side: as many as there is space for, the others behind a button. Where somebody is, is always said.

import { Menu, UnstyledButton } from "@mantine/core";
import { useLayoutEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useLocation } from "wouter";
import { Icon } from "./icons";
import { openRooms } from "./rooms";
import { useSession } from "./session";

/** How many links stand in the first line: the others have wrapped, and are out of sight. */
function fitting(bar: HTMLElement): number {
  const links = [...bar.querySelectorAll<HTMLElement>(".room-link")];
  const top = links[0]?.offsetTop ?? 0;
  const wrapped = links.findIndex((link) => link.offsetTop > top);
  return wrapped < 0 ? links.length : wrapped;
}

export function RoomsBar() {
  const { t, i18n } = useTranslation();
  const { may } = useSession();
  const [path] = useLocation();
  const bar = useRef<HTMLElement>(null);
  const rooms = openRooms(may);
  const [shown, setShown] = useState(rooms.length);
  // biome-ignore lint/correctness/useExhaustiveDependencies: other names and other rooms are of other widths
  useLayoutEffect(() => {
    const element = bar.current;
    if (!element) return;
    const observer = new ResizeObserver(() => setShown(fitting(element)));
    observer.observe(element);
    setShown(fitting(element));
    return () => observer.disconnect();
  }, [rooms.length, i18n.language]);

  const isHere = (room: { path: string }) => path.startsWith(room.path);
  const behind = rooms.slice(shown);
  const here = behind.find(isHere);
  return (
    <>
      <nav className="rooms only-wide" aria-label={t("app.rooms")} ref={bar}>
        {rooms.map((room, place) => (
          <Link
            key={room.name}
            href={room.path}
            className="room-link"
            aria-current={isHere(room) ? "page" : undefined}
            data-testid={`nav-${room.name}`}
            // Out of sight is out of the way of the Tab key and of screen readers.
            style={place < shown ? undefined : { visibility: "hidden" }}
          >
            {t(`room.${room.name}`)}
          </Link>
        ))}
      </nav>
      {behind.length > 0 && (
        <Menu position="bottom-end">
          <Menu.Target>
            <UnstyledButton
              className="room-link rooms-more only-wide"
              aria-current={here ? "page" : undefined}
              data-testid="nav-more"
            >
              {here ? t(`room.${here.name}`) : t("app.more_rooms")}
              <Icon name="down" size={16} />
            </UnstyledButton>
          </Menu.Target>
          <Menu.Dropdown>
            {behind.map((room) => (
              <Menu.Item
                key={room.name}
                component={Link}
                href={room.path}
                aria-current={isHere(room) ? "page" : undefined}
              >
                {t(`room.${room.name}`)}
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
      )}
    </>
  );
}
