// A balancer of two servers: each request, and each new live stream, goes to the other one in turn. It notes who answered what, and goes on with one alone.

import { createServer, request as ask } from "node:http";
import { pipeline } from "node:stream";
import { freePort } from "./house.mjs";

const STREAM = "/v1/events";
/** Which server has answered, for whoever looks. */
export const SERVED_BY = "served-by";
/** What concerns one hop only (RFC 9110 §7.6.1), and how a body travels over it. */
const HOP = new Set(["connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"]);

const onwards = (headers) => Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP.has(name)));

export class Balancer {
  /** Whose turn it is, 0 or 1: of requests, and of streams. */
  turn = 0;
  streamTurn = 0;
  /** Where each ceremony began last, by its door. */
  begun = new Map();
  /** All that was asked, in order; `server` and `status` once it is answered. */
  seen = [];
  /** Streams that are open now. */
  streams = new Set();

  static async open() {
    const balancer = new Balancer();
    // Connections are kept for ever: one that is ended just when somebody asks would look like a server's fault.
    balancer.door = createServer({ keepAliveTimeout: 0 }, (incoming, response) => balancer.take(incoming, response));
    await new Promise((done, failed) => {
      balancer.door.on("error", failed);
      balancer.door.listen(0, "127.0.0.1", done);
    });
    balancer.url = `http://localhost:${balancer.door.address().port}`;
    // Where the two servers are to listen; looked for last, so that none of them is the balancer's own.
    balancer.ports = [await freePort(), await freePort()];
    return balancer;
  }

  take(incoming, response) {
    const path = incoming.url.split("?")[0];
    const entry = { method: incoming.method, path, cookie: incoming.headers.cookie ?? "", server: null, status: null };
    this.seen.push(entry);
    const first = this.next(path);
    this.hand(incoming, response, entry, [first, 1 - first]);
  }

  /** In turn. What ends a ceremony goes where it did not begin, as it does in turn when nothing else is asked between the two. */
  next(path) {
    if (path === STREAM) {
      this.streamTurn = 1 - this.streamTurn;
      return 1 - this.streamTurn;
    }
    const [door, step] = [path.slice(0, path.lastIndexOf("/")), path.slice(path.lastIndexOf("/") + 1)];
    const first = step === "finish" && this.begun.has(door) ? 1 - this.begun.get(door) : this.turn;
    if (step === "start") this.begun.set(door, first);
    this.turn = 1 - first;
    return first;
  }

  /** To the first of `servers` that takes the connection; nothing of the body has left before. */
  hand(incoming, response, entry, [server, ...others]) {
    const asker = incoming.socket.remoteAddress;
    const before = incoming.headers["x-forwarded-for"];
    const headers = { ...onwards(incoming.headers), "x-forwarded-for": before ? `${before}, ${asker}` : asker };
    const onward = ask({ host: "127.0.0.1", port: this.ports[server], method: incoming.method, path: incoming.url, headers, agent: false });
    let isConnected = false;
    onward.on("socket", (socket) =>
      socket.once("connect", () => {
        isConnected = true;
        incoming.pipe(onward);
      }),
    );
    onward.on("response", (answer) => this.answer(entry, server, answer, response));
    onward.on("error", () => {
      if (response.destroyed) return;
      if (!isConnected && others.length > 0) this.hand(incoming, response, entry, others);
      else if (response.headersSent) response.destroy();
      else {
        entry.status = 502;
        response.writeHead(502, { "content-type": "text/plain" }).end("no server answered\n");
      }
    });
    // Who asked has gone: nobody waits for the answer.
    response.on("close", () => onward.destroy());
  }

  answer(entry, server, answer, response) {
    if (response.destroyed) {
      answer.destroy();
      return;
    }
    Object.assign(entry, { server, status: answer.statusCode });
    const isStream = entry.path === STREAM && answer.statusCode === 200;
    if (isStream) this.streams.add(entry);
    response.writeHead(answer.statusCode, { ...onwards(answer.headers), [SERVED_BY]: String(server) });
    response.flushHeaders();
    // An answer that breaks off breaks off here, too.
    pipeline(answer, response, () => this.streams.delete(entry));
  }

  /** The one server at which all open streams of this cookie are, or null while there is none, or while they are at both. */
  streamAt(cookie) {
    const servers = new Set([...this.streams].filter((one) => one.cookie.includes(cookie)).map((one) => one.server));
    return servers.size === 1 ? [...servers][0] : null;
  }

  /** Where the ceremonies of one door began and ended that came to a good end: `[[start, finish], …]`. */
  ceremonies(door) {
    const pairs = [];
    let start = null;
    for (const { path, server, status } of this.seen) {
      if (status !== 200) continue;
      if (path === `${door}/start`) start = server;
      if (path === `${door}/finish`) pairs.push([start, server]);
    }
    return pairs;
  }

  async close() {
    const closed = new Promise((done) => this.door.close(done));
    this.door.closeAllConnections();
    await closed;
  }
}
