// The frame around every room: where one can go, who one is, whether the line is up.

import { ActionIcon, Drawer, Menu, Tooltip, UnstyledButton, useMantineColorScheme } from "@mantine/core";
import { useNetwork } from "@mantine/hooks";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useLocation } from "wouter";
import "../panic/panic.css";
import { CheckAsk } from "../checks/CheckAsk";
import { CheckBar } from "../checks/CheckBar";
import { CallersBar } from "../command/caller/CallersBar";
import { CallBar } from "../command/intake/CallBar";
import { PanicBanner } from "../panic/PanicBanner";
import { PanicBar } from "../panic/PanicBar";
import { PanicDock } from "../panic/PanicDock";
import { HelpDialog } from "./HelpDialog";
import { Icon } from "./icons";
import { useKeys } from "./keys";
import { useLinkState } from "./live";
import { Palette } from "./Palette";
import { RoomsBar } from "./RoomsBar";
import { openRooms, ROOMS } from "./rooms";
import { useSession } from "./session";
import { changeSetting, useSetting } from "./settings";

function LinkSign() {
  const { t } = useTranslation();
  const link = useLinkState();
  const { online } = useNetwork();
  const state = online ? link : "lost";
  return (
    <Tooltip label={t(`app.link_${state}_hint`)}>
      <span className={`link-sign link-${state}`} role="status" data-testid="link-state" data-state={state}>
        <span className="link-mark" aria-hidden="true" />
        {t(`app.link_${state}`)}
      </span>
    </Tooltip>
  );
}

function PersonMenu({ onHelp }: { onHelp: () => void }) {
  const { t } = useTranslation();
  const { me, signOut } = useSession();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const language = useSetting("language");
  if (!me) return null;
  return (
    <Menu width={240} position="bottom-end">
      <Menu.Target>
        <UnstyledButton className="person-button" data-testid="account-menu">
          <Icon name="user" />
          <span className="unseen">{t("app.account")}</span>
          <span className="person-name">{me.name}</span>
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          {me.name} · {t(`role.${me.role}`)}
        </Menu.Label>
        <Menu.Item onClick={() => changeSetting("language", language === "en" ? "zh-TW" : "en")}>
          {t("app.other_language")}
        </Menu.Item>
        <Menu.Divider />
        <Menu.Label>{t("app.theme")}</Menu.Label>
        {(["dark", "light", "auto"] as const).map((scheme) => (
          <Menu.Item
            key={scheme}
            leftSection={
              colorScheme === scheme ? <Icon name="check" size={16} /> : <span className="icon-gap" />
            }
            onClick={() => setColorScheme(scheme)}
          >
            {t(`app.theme_${scheme}`)}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item component={Link} href="/my-tools" data-testid="my-tools">
          {t("sso.mine")}
        </Menu.Item>
        <Menu.Item onClick={onHelp}>{t("app.help")}</Menu.Item>
        <Menu.Item onClick={() => void signOut()} data-testid="sign-out">
          {t("app.sign_out")}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

function Rooms({ onGo }: { onGo: () => void }) {
  const { t } = useTranslation();
  const { may } = useSession();
  const [path] = useLocation();
  return openRooms(may).map((room) => (
    <Link
      key={room.name}
      href={room.path}
      className="room-link"
      aria-current={path.startsWith(room.path) ? "page" : undefined}
      onClick={onGo}
    >
      {t(`room.${room.name}`)}
    </Link>
  ));
}

export function Shell({ children }: { children: ReactNode }) {
  const { t } = useTranslation();
  const { online } = useNetwork();
  const link = useLinkState();
  const [path] = useLocation();
  const here = ROOMS.find((room) => path.startsWith(room.path));
  const [isHelpOpen, setHelpOpen] = useState(false);
  const [isPaletteOpen, setPaletteOpen] = useState(false);
  const [isMenuOpen, setMenuOpen] = useState(false);
  useKeys({ "?": () => setHelpOpen(true), "/": () => setPaletteOpen(true) });
  return (
    <div className="shell">
      <a className="skip-link" href="#main">
        {t("app.skip")}
      </a>
      <header className="top">
        <ActionIcon
          className="only-narrow"
          variant="subtle"
          color="gray"
          size={44}
          aria-label={t("app.menu")}
          onClick={() => setMenuOpen(true)}
        >
          <Icon name="menu" size={22} />
        </ActionIcon>
        <Link href="/" className="brand">
          <img src="/icon.svg" alt="" width={26} height={26} />
          守護
        </Link>
        <RoomsBar />
        <span className="grow only-narrow" />
        <LinkSign />
        <UnstyledButton className="palette-button only-wide" onClick={() => setPaletteOpen(true)}>
          <Icon name="search" size={16} />
          <span>{t("app.palette")}</span>
          <kbd>/</kbd>
        </UnstyledButton>
        <ActionIcon
          className="only-wide"
          variant="subtle"
          color="gray"
          size={36}
          aria-label={t("app.help")}
          onClick={() => setHelpOpen(true)}
        >
          <Icon name="help" />
        </ActionIcon>
        <PersonMenu onHelp={() => setHelpOpen(true)} />
      </header>
      {(!online || link === "lost") && (
        <div className="offline-banner" role="alert" data-testid="offline-banner">
          <Icon name="alert" size={18} />
          {online ? t("app.link_lost_banner") : t("app.offline_banner")}
        </div>
      )}
      <PanicBar />
      <CheckBar />
      <CallBar />
      <CallersBar />
      <PanicBanner />
      <CheckAsk />
      <main id="main" className="room">
        {here && here.name !== "patrol" && <h1 className="unseen">{t(`room.${here.name}`)}</h1>}
        {children}
      </main>
      <PanicDock />
      <Drawer
        opened={isMenuOpen}
        onClose={() => setMenuOpen(false)}
        title={t("app.rooms")}
        size={280}
        closeButtonProps={{ "aria-label": t("app.close") }}
      >
        <nav className="rooms-drawer">
          <Rooms onGo={() => setMenuOpen(false)} />
        </nav>
      </Drawer>
      <HelpDialog isOpen={isHelpOpen} onClose={() => setHelpOpen(false)} />
      <Palette
        isOpen={isPaletteOpen}
        onClose={() => setPaletteOpen(false)}
        onHelp={() => setHelpOpen(true)}
      />
    </div>
  );
}
