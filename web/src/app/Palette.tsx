// One place to go, to search and to do: the / key.

import { Modal, TextInput, useMantineColorScheme } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useLocation, useSearch } from "wouter";
import { BarHelp } from "../command/bar/BarHelp";
import { lineBefore } from "../command/bar/history";
import { useBar } from "../command/bar/useBar";
import { UndoNotice } from "../command/desk/UndoNotice";
import { Icon } from "./icons";
import { incidentPath, ROOMS } from "./rooms";
import { useSession } from "./session";
import { changeSetting, useSetting } from "./settings";

interface Choice {
  id: string;
  label: string;
  group: string;
  act: () => void;
  /** Enter is pressed twice: what it ends does not come back. */
  asks?: boolean;
  /** It closes the palette itself, once the server has said yes. */
  isBar?: boolean;
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
  const [back, setBack] = useState(0);
  const [asked, setAsked] = useState<string | null>(null);
  const done = () => {
    onClose();
    setText("");
    setAt(0);
    setBack(0);
    setAsked(null);
  };
  const bar = useBar(text, isOpen, done);
  const isHelp = ["?", "？"].includes(text.trim());
  const type = (next: string) => {
    setText(next);
    setAt(0);
    setAsked(null);
    bar.forget();
  };

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
  const meant: Choice[] = bar.choices.map(({ run: act, ...choice }) => ({
    ...choice,
    group: t("bar.group"),
    act,
    isBar: true,
  }));
  const plain = choices.filter((c) => !wanted || c.id === "plate" || c.label.toLowerCase().includes(wanted));
  const shown = [...meant, ...plain];
  const chosen = Math.min(at, Math.max(shown.length - 1, 0));

  const run = (choice: Choice | undefined) => {
    if (!choice || bar.isBusy) return;
    if (choice.asks && asked !== choice.id) {
      setAsked(choice.id);
      return;
    }
    setAsked(null);
    if (!choice.isBar) done();
    choice.act();
  };

  return (
    <>
      <UndoNotice />
      <Modal
        opened={isOpen}
        onClose={() => {
          // An act that was only asked about is asked about again.
          setAsked(null);
          onClose();
        }}
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
            type(event.currentTarget.value);
            setBack(0);
          }}
          onKeyDown={(event) => {
            if (event.nativeEvent.isComposing) return;
            // In an empty line, and from line to line after that, the arrows walk through what was typed before.
            const older = event.key === "ArrowUp" ? 1 : event.key === "ArrowDown" ? -1 : 0;
            const isWalking = older !== 0 && (text === "" || (back > 0 && text === lineBefore(back)));
            const line = back + older === 0 ? "" : lineBefore(back + older);
            if (isWalking && line !== null && back + older >= 0) {
              type(line);
              setBack(back + older);
            } else if (event.key === "ArrowDown") setAt(Math.min(chosen + 1, shown.length - 1));
            else if (event.key === "ArrowUp") setAt(Math.max(chosen - 1, 0));
            else if (event.key === "Enter") {
              // A key that is held is pressed once.
              if (!event.repeat) run(shown[chosen]);
            } else return;
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
              onKeyDown={(event) => event.key === "Enter" && event.repeat && event.preventDefault()}
              // Of a double click only the first: the second would confirm what nobody has read yet.
              onClick={(event) => event.detail < 2 && run(choice)}
              data-testid={choice.isBar ? "bar-choice" : undefined}
            >
              <span>{choice.label}</span>
              <span className={asked === choice.id ? "ink-warn" : "dim"}>
                {asked === choice.id ? t("bar.again") : choice.group}
              </span>
            </button>
          ))}
          {bar.hint && (
            <p className="palette-none" role="status" data-testid="bar-hint">
              {bar.hint}
            </p>
          )}
          {bar.failed && (
            <p className="palette-none ink-warn" role="alert" data-testid="bar-failed">
              {bar.failed}
            </p>
          )}
          {isHelp && <BarHelp />}
          {shown.length === 0 && !bar.hint && !isHelp && (
            <p className="dim palette-none">{t("palette.none")}</p>
          )}
        </div>
      </Modal>
    </>
  );
}
