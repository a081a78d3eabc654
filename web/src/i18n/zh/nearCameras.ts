export const nearCameras = {
  near_cameras: {
    title: "附近鏡頭",
    none: "附近沒有使用中的鏡頭。",
    towards: "朝向案件",
    away: "未朝向案件",
    no_sighting: "沒有紀錄",
    newest_of: "{{name}} 最新影像",
  },
};
