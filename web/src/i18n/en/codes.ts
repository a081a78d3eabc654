export const codes = {
  codes: {
    intro:
      "CSV columns: code, meaning (available, busy, off_duty, accept, en_route, on_scene, clear), title. A list is taken whole or not at all; a code that it leaves out means nothing any more.",
    built_in:
      "These are the built-in ten-codes of North America (APCO), no standard in Taiwan: import your own.",
    drop: "Drop a CSV of codes",
    added: "{{count}} added",
    changed: "{{count}} changed",
    removed: "{{count}} removed",
    unchanged: "{{count}} unchanged",
    code: "Code",
    meaning: "Meaning",
    title: "Title",
    means: {
      available: "available",
      busy: "busy",
      off_duty: "off duty",
      accept: "accepts the order",
      en_route: "on its way",
      on_scene: "on scene",
      clear: "order done",
    },
  },
};
