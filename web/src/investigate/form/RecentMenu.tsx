import { Button, Menu } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Age } from "../../app/Age";
import { useSession } from "../../app/session";
import { useAllCameras } from "../cameras";
import { type Asked, recentOf } from "../recent";
import { summaryOf } from "../summary";

/** Fills the fields again; asking is a step of its own, because it is on the log. */
export function RecentMenu({ onRecall }: { onRecall: (asked: Asked) => void }) {
  const { t } = useTranslation();
  const { me } = useSession();
  const { byId } = useAllCameras(false);
  const recent = me ? recentOf(me.id) : [];
  return (
    <Menu width={420} position="bottom-end">
      <Menu.Target>
        <Button variant="default" data-testid="recent">
          {t("lake.recent")}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{t("lake.recent_hint")}</Menu.Label>
        {recent.length === 0 && <Menu.Label>{t("lake.recent_none")}</Menu.Label>}
        {recent.map((one) => (
          <Menu.Item key={`${one.at_ms}`} onClick={() => onRecall(one)}>
            <span className="recent-kind">{t(`lake.q_${one.kind}`)}</span>{" "}
            {summaryOf(one.kind, one.draft, byId, t)} <Age at={one.at_ms * 1000} className="dim" />
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
