// PostgreSQL clusters of our own: one, or two of which one is the other's standby, and the address that always leads to the one that leads.

import { fork, spawnSync } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, chownSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort, root } from "./house.mjs";

const home = "/usr/lib/postgresql";

/** Where PostgreSQL's programs lie, or null. */
export function postgres() {
  try {
    const newest = readdirSync(home).sort((a, b) => Number(a) - Number(b)).at(-1);
    return newest ? join(home, newest, "bin") : null;
  } catch {
    return null;
  }
}

/** PostgreSQL refuses to run as root, as it should. */
const isRoot = process.getuid() === 0;
const owner = () => Number(spawnSync("id", ["-u", "postgres"], { encoding: "utf8" }).stdout);

export class Clusters {
  /** A leader whose commits wait until the standby has them on disk, and the standby. */
  static async open() {
    const all = await Clusters.leader();
    all.run("pg_basebackup", ["-h", "127.0.0.1", "-p", String(all.ports[0]), "-U", "shouhu", "-D", all.data(1), "-R"]);
    all.begin(1);
    // Only now: a leader that waits for nobody's disk would wait for ever while the standby is made.
    all.query(0, "ALTER SYSTEM SET synchronous_standby_names = '*'");
    all.query(0, "SELECT pg_reload_conf()");
    await all.forward();
    return all;
  }

  /** One cluster without a standby, by its own address. */
  static async alone() {
    const all = await Clusters.leader();
    all.url = `postgres://shouhu@127.0.0.1:${all.ports[0]}/postgres`;
    return all;
  }

  static async leader() {
    const all = new Clusters();
    all.folder = mkdtempSync(join(tmpdir(), "shouhu-clusters-"));
    if (isRoot) chownSync(all.folder, owner(), -1);
    all.ports = [await freePort(), await freePort()];
    all.run("initdb", ["-D", all.data(0), "-U", "shouhu", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"]);
    appendFileSync(join(all.data(0), "postgresql.conf"), `listen_addresses = '127.0.0.1'\nunix_socket_directories = '${all.folder}'\n`);
    all.begin(0);
    return all;
  }

  data(at) {
    return join(this.folder, `cluster-${at}`);
  }

  run(program, args) {
    const all = isRoot ? ["--reuid=postgres", "--regid=postgres", "--init-groups", "env", `HOME=${this.folder}`, join(postgres(), program), ...args] : args;
    const ran = spawnSync(isRoot ? "setpriv" : join(postgres(), program), all, { encoding: "utf8", cwd: this.folder, timeout: 60_000 });
    if (ran.status !== 0) throw new Error(`${program}: ${ran.stderr} ${ran.stdout}`);
    return ran.stdout;
  }

  begin(at) {
    this.run("pg_ctl", ["-D", this.data(at), "-w", "-l", join(this.folder, `log-${at}`), "-o", `-p ${this.ports[at]}`, "start"]);
  }

  query(at, sql) {
    return this.run("psql", ["-h", "127.0.0.1", "-p", String(this.ports[at]), "-U", "shouhu", "-d", "postgres", "-At", "-c", sql]).trim();
  }

  /** The power goes: the leader and all that it had begun, at once. */
  kill(at) {
    const leader = Number(readFileSync(join(this.data(at), "postmaster.pid"), "utf8").split("\n")[0]);
    const children = spawnSync("pgrep", ["-P", String(leader)], { encoding: "utf8" }).stdout.split("\n").filter(Boolean);
    for (const one of [leader, ...children.map(Number)]) {
      try {
        process.kill(one, "SIGKILL");
      } catch {
        // It had ended by itself.
      }
    }
  }

  promote(at) {
    this.run("pg_ctl", ["-D", this.data(at), "-w", "promote"]);
  }

  /** Stands for the address that operators move from one to the other. */
  async forward() {
    this.forwarder = fork(join(root, "e2e/src/forwarder.mjs"));
    const [{ port }] = await once(this.forwarder, "message");
    this.url = `postgres://shouhu@127.0.0.1:${port}/postgres`;
    await this.move(0);
  }

  /** Lines that are open break, as they do when an address goes to another machine. */
  async move(at) {
    const moved = once(this.forwarder, "message");
    this.forwarder.send(this.ports[at]);
    await moved;
  }

  close() {
    this.forwarder?.kill();
    for (const at of [0, 1]) {
      try {
        this.run("pg_ctl", ["-D", this.data(at), "-m", "immediate", "stop"]);
      } catch {
        // It was killed, or there is none.
      }
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}
