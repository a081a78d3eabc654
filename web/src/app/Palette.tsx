// One place to go, to search and to do: the / key.

import { Modal, TextInput, useMantineColorScheme } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useLocation, useSearch } from "wouter";
import { Icon } from "./icons";
import { incidentPath, ROOMS } from "./rooms";
import { useSession } from "./session";
import { changeSetting, useSetting } from "./settings";

interface Choice {
  id: string;
  label: string;
  group: string;
  act: () => void;
}

const PLATE_LIKE = /^[0-9A-Za-z?*-]{3,10}$/;

export function Palette(props: { isOpen: boolean; onClose: () => void; onHelp: () => void }) {
  const { t } = useTranslation();
  const { isOpen, onClose, onHelp } = props;
  const { may, signOut } = useSession();
  const [here, go] = useLocation();
  const incident = new URLSearchParams(useSearch()).get("incident");
  const { setColorScheme } = useMantineColorScheme();
  const language = useSetting("language");
  const sound = useSetting("sound");
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);

  const choices: Choice[] = [];
  const plate = text.trim().toUpperCase();
  if (may("sightings.search") && PLATE_LIKE.test(plate)) {
    choices.push({
      id: "plate",
      group: t("palette.search"),
      label: t("palette.search_plate", { plate }),
      act: () => go(`/investigate?plate=${encodeURIComponent(plate)}`),
    });
  }
  for (const room of ROOMS.filter(({ needs }) => needs.some(may))) {
    choices.push({
      id: room.name,
      group: t("palette.go"),
      label: t(`room.${room.name}`),
      act: () => go(room.path),
    });
  }
  if (may("dispatch.order")) {
    choices.push({
      id: "call",
      group: t("palette.do"),
      label: t("palette.new_call"),
      act: () => go("/command?new=call"),
    });
  }
  if (may("dispatch.order") && here.startsWith("/command") && incident) {
    choices.push({
      id: "ring",
      group: t("palette.do"),
      label: t("ring.title"),
      act: () => go(`${incidentPath(incident)}&ring=1`),
    });
  }
  if (may("dispatch.watch")) {
    choices.push({
      id: "advice",
      group: t("palette.do"),
      label: t("advice.title"),
      act: () => go("/command?advice=1"),
    });
  }
  if (may("patrol.plan")) {
    choices.push({
      id: "sheets",
      group: t("palette.do"),
      label: t("palette.print_sheets"),
      act: () => go("/boxes?tab=print"),
    });
  }
  choices.push(
    {
      id: "sound",
      group: t("palette.do"),
      label: t(sound ? "palette.sound_off" : "palette.sound_on"),
      act: () => changeSetting("sound", !sound),
    },
    { id: "dark", group: t("palette.do"), label: t("palette.dark"), act: () => setColorScheme("dark") },
    { id: "light", group: t("palette.do"), label: t("palette.light"), act: () => setColorScheme("light") },
    {
      id: "language",
      group: t("palette.do"),
      label: t("app.other_language"),
      act: () => changeSetting("language", language === "en" ? "zh-TW" : "en"),
    },
    { id: "help", group: t("palette.do"), label: t("app.help"), act: onHelp },
    { id: "out", group: t("palette.do"), label: t("app.sign_out"), act: () => void signOut() },
  );
  const wanted = text.trim().toLowerCase();
  const shown = choices.filter((c) => !wanted || c.id === "plate" || c.label.toLowerCase().includes(wanted));
  const chosen = Math.min(at, Math.max(shown.length - 1, 0));

  const run = (choice: Choice | undefined) => {
    if (!choice) return;
    onClose();
    setText("");
    setAt(0);
    choice.act();
  };

  return (
    <Modal
      opened={isOpen}
      onClose={onClose}
      withCloseButton={false}
      attributes={{ content: { "aria-label": t("app.palette") } }}
      padding={0}
      size="lg"
      yOffset="12vh"
      centered={false}
    >
      <TextInput
        data-autofocus
        data-testid="palette-input"
        value={text}
        placeholder={t("palette.placeholder")}
        aria-label={t("app.palette")}
        leftSection={<Icon name="search" />}
        size="lg"
        variant="unstyled"
        className="palette-input"
        onChange={(event) => {
          setText(event.currentTarget.value);
          setAt(0);
        }}
        onKeyDown={(event) => {
          if (event.nativeEvent.isComposing) return;
          if (event.key === "ArrowDown") setAt(Math.min(chosen + 1, shown.length - 1));
          else if (event.key === "ArrowUp") setAt(Math.max(chosen - 1, 0));
          else if (event.key === "Enter") run(shown[chosen]);
          else return;
          event.preventDefault();
        }}
      />
      <div className="palette-list">
        {shown.map((choice, index) => (
          <button
            type="button"
            key={choice.id}
            className="palette-row"
            data-chosen={index === chosen || undefined}
            onClick={() => run(choice)}
          >
            <span>{choice.label}</span>
            <span className="dim">{choice.group}</span>
          </button>
        ))}
        {shown.length === 0 && <p className="dim palette-none">{t("palette.none")}</p>}
      </div>
    </Modal>
  );
}
