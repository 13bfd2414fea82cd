// Makes an agent known, `advertise-program.ts NAME SEED`, until it gets SIGTERM. Run by the LAN tests inside a namespace.
import { createHash } from "node:crypto";
import { createAdvertiser } from "#agent/advertise/advertiser.ts";
import type { AgentId } from "#core/model/id.ts";

const [name = "agent", seed = "seed"] = process.argv.slice(2);
const fingerprint = createHash("sha256").update(seed).digest("hex");
const note = (message: string, fields?: unknown): void =>
  void process.stderr.write(`${message} ${JSON.stringify(fields)}\n`);

const known = createAdvertiser({ debug: note, info: note, warn: note, error: note }).advertise({
  id: fingerprint.slice(0, 16) as AgentId,
  name,
  protocol: 1,
  fingerprint,
  port: 7420,
  linkPort: 7421,
});
const alive = setInterval(() => {}, 60_000);
process.once("SIGTERM", () => {
  clearInterval(alive);
  void known.dispose();
});
process.stdout.write("ready\n");
