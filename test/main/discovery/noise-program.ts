// Sends `noise-program.ts ADDRESS COUNT` packets of nonsense, and of far too many agents, to everybody on the LAN. Run by the LAN tests.
import { createSocket } from "node:dgram";
import { randomBytes } from "node:crypto";
import packet from "dns-packet";

const [address = "127.0.0.1", count = "100"] = process.argv.slice(2);
const SERVICE = "_lanweave._tcp.local";
const socket = createSocket({ type: "udp4", reuseAddr: true });

function nonsense(round: number): Buffer {
  if (round % 3 === 0) return randomBytes(round % 1400);
  const answers = Array.from({ length: 30 }, (_, index) => ({
    type: "PTR" as const,
    name: SERVICE,
    ttl: 120,
    data: `x${round}-${index}.${SERVICE}`,
  }));
  const bytes = packet.encode({ type: "response", flags: packet.AUTHORITATIVE_ANSWER, answers });
  if (round % 3 === 1) bytes[(round * 7) % bytes.length] = round % 256;
  return bytes;
}

socket.bind(5353, () => {
  socket.setMulticastInterface(address);
  const sendFrom = (round: number): void => {
    if (round === Number(count)) {
      socket.close();
      process.stdout.write("done\n");
      return;
    }
    socket.send(nonsense(round), 5353, "224.0.0.251", () => setImmediate(sendFrom, round + 1));
  };
  sendFrom(0);
});
