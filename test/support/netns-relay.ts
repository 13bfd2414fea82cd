import { connect, createServer } from "node:net";

// Runs inside a host of a test LAN: what comes to a socket file goes to a port of the host's loopback. `netns-port.ts` starts it.

const [file = "", port = ""] = process.argv.slice(2);
const server = createServer((incoming) => {
  const outgoing = connect({ host: "127.0.0.1", port: Number(port) });
  incoming.pipe(outgoing).pipe(incoming);
  incoming.on("error", () => outgoing.destroy());
  outgoing.on("error", () => incoming.destroy());
});
server.listen(file, () => process.stdout.write("ready\n"));
