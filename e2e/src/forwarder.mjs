// One address that leads to whichever port it was told last; a process of its own, so that a test that waits for a command does not stop it.

import { connect, createServer } from "node:net";

const lines = new Set();
let onward = 0;
const server = createServer((line) => {
  const other = connect(onward, "127.0.0.1");
  for (const [from, to] of [[line, other], [other, line]]) {
    lines.add(from);
    from.on("error", () => to.destroy());
    from.on("close", () => {
      lines.delete(from);
      to.destroy();
    });
    from.pipe(to);
  }
});
process.on("message", (port) => {
  onward = port;
  for (const line of lines) line.destroy();
  process.send({ moved: port });
});
process.on("disconnect", () => process.exit(0));
server.listen(0, "127.0.0.1", () => process.send({ port: server.address().port }));
