// What the health of a module means for whoever looks after the server.

import type { Health } from "../app/api/types.operate";

/** How a module that serves says that a person should look: a balancer must not take a server away for a late backup. */
const ATTENTION = "ATTENTION: ";

export interface Module {
  name: string;
  state: "ill" | "attention" | "well";
  detail: string;
}

const ORDER: Module["state"][] = ["ill", "attention", "well"];

/** What needs a hand first. */
export function sorted(modules: Health["modules"]): Module[] {
  const read = modules.map(({ name, is_healthy, detail }): Module => {
    if (!is_healthy) return { name, state: "ill", detail };
    if (!detail.startsWith(ATTENTION)) return { name, state: "well", detail };
    return { name, state: "attention", detail: detail.slice(ATTENTION.length) };
  });
  return ORDER.flatMap((state) => read.filter((module) => module.state === state));
}
