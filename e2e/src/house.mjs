// Starts the real programs in a folder that vanishes, and stops them.

import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

export const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
export const binaries = process.env.SHOUHU_BIN ?? join(root, "target/release");
export const artefacts = join(root, "artefacts");
const START_MS = 30_000;

/** The folder of real photographs, or null where there is none. */
export function sharedData() {
  const found = [process.env.SHOUHU_SHARED_DATA, join(root, "../shared/data")].find((path) => path && existsSync(join(path, "plates")));
  return found ?? null;
}

export async function freePort() {
  return new Promise((done, failed) => {
    const server = createServer();
    server.on("error", failed);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });
}

/** Waits until `look` gives something true; says what it waited for when it does not. */
export async function until(what, look, withinMs = START_MS) {
  const deadline = Date.now() + withinMs;
  let last;
  while (Date.now() < deadline) {
    try {
      last = await look();
      if (last) return last;
    } catch (error) {
      last = error;
    }
    await new Promise((done) => setTimeout(done, 50));
  }
  throw new Error(`waited ${withinMs} ms for ${what}; last: ${last}`);
}

/** Says yes to a dialog by keyboard, once it takes keys. Once: a second Enter would go to what is under it when it has closed. */
export async function answerByEnter(page, dialog) {
  await page.locator(`[data-testid="${dialog}-yes"][data-ready]:focus`).waitFor();
  await page.keyboard.press("Enter");
}

export class House {
  /** `extra` arguments go to every command of this house, so that all of them see one clock and one folder. */
  static async open(extra = []) {
    const house = new House();
    house.folder = mkdtempSync(join(tmpdir(), "shouhu-e2e-"));
    house.port = await freePort();
    house.url = `http://localhost:${house.port}`;
    house.programs = [];
    house.place = ["--data", join(house.folder, "data"), "--listen", `127.0.0.1:${house.port}`, ...extra];
    house.start();
    await until("the server to answer", async () => (await fetch(`${house.url}/healthz`)).ok);
    return house;
  }

  start() {
    this.server = this.spawn("shouhu", ["serve", ...this.place, "--web", join(root, "web/dist")]);
  }

  /** A program of ours in the background; its output is kept for a failure's message. */
  spawn(name, args) {
    const child = spawn(join(binaries, name), args, { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, RUST_BACKTRACE: "1" } });
    const program = { name, child, output: "" };
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (bytes) => {
        program.output = (program.output + bytes).slice(-20_000);
      });
    }
    program.ended = new Promise((done) => child.on("exit", (code, signal) => done(code ?? signal)));
    this.programs.push(program);
    return program;
  }

  /** A command of ours that ends by itself; its standard output. */
  command(name, args) {
    const ran = spawnSync(join(binaries, name), args, { encoding: "utf8", timeout: 60_000 });
    if (ran.status !== 0) throw new Error(`${name} ${args[0]} ended with ${ran.status}: ${ran.stderr}`);
    return ran.stdout.trim();
  }

  /** A one-time enrolment link. */
  invite(name, role) {
    return this.command("shouhu", ["invite", ...this.place, "--name", name, "--role", role]);
  }

  async kill(program, signal = "SIGKILL") {
    program.child.kill(signal);
    return program.ended;
  }

  async close() {
    for (const program of this.programs) program.child.kill("SIGTERM");
    const patience = setTimeout(() => this.programs.forEach((p) => p.child.kill("SIGKILL")), 8_000);
    await Promise.all(this.programs.map((program) => program.ended));
    clearTimeout(patience);
    rmSync(this.folder, { recursive: true, force: true });
  }
}
