import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import path from "node:path";
import { renderTimingTable } from "#core/monitoring/timing-table.ts";
import type { NodeInfo } from "#core/model/agent.ts";
import type { AgentId } from "#core/model/id.ts";
import type { RunLine } from "#core/model/run.ts";
import { exitCode, lanweave, startLanweave } from "./lanweave-process.ts";

// `npm run demo`: three agents on this machine render a picture tile by tile, are frozen in the middle and resumed; at the end the
// picture's digest is compared with the known one, and the run is shown as a Mermaid diagram and a table of times.
// `-- --quick` does less work, and compares with what the run itself says of the picture.

const ROOT = path.resolve(import.meta.dirname, "..");
const AGENTS = 3;
const FROZEN_MS = 2_000;
const EXPECTED = readFileSync(path.join(ROOT, "test/fixtures/picture.sha256"), "utf8").trim().split(/\s+/)[0];

const isQuick = process.argv.includes("--quick");
const work = mkdtempSync(path.join(tmpdir(), "lanweave-demo-"));
const data = ["--data", path.join(work, "data")];
const out = path.join(work, "out");

const names = new Map<AgentId, string>();

interface EventLine {
  readonly kind: string;
  readonly run: string;
  readonly path: string;
  readonly to: string | null;
  readonly data: { readonly kind?: string };
}

try {
  process.exitCode = await demo();
} finally {
  rmSync(work, { recursive: true, force: true });
}

async function demo(): Promise<number> {
  console.log(`Rendering examples/picture.yaml on ${String(AGENTS)} agents of this machine …`);
  const frames: Promise<void>[] = [];
  const progress = { finished: 0, run: "", isPaused: false, suspended: 0 };
  const inputs = isQuick ? ["--input", "iterations=600"] : [];
  const child = startLanweave(
    ["run", "examples/picture.yaml", "--local", String(AGENTS), "--out", out, "--json", ...inputs, ...data],
    (line) => {
      const event = JSON.parse(line) as EventLine | RunLine;
      if (event.kind !== "event") return;
      if (watch(event as EventLine, progress)) frames.push(pauseInTheMiddle(progress.run));
    },
  );
  const code = await exitCode(child);
  await Promise.all(frames);
  if (code !== 0) return code;
  return report(progress.run);
}

/** True at the moment when a third of the tiles is there. */
function watch(
  event: EventLine,
  progress: { finished: number; run: string; isPaused: boolean; suspended: number },
): boolean {
  progress.run = event.run;
  if (event.path.endsWith("/render") && event.to === "completed") progress.finished += 1;
  if (progress.isPaused || progress.finished < 8) return false;
  progress.isPaused = true;
  return true;
}

async function pauseInTheMiddle(run: string): Promise<void> {
  const agents = (await lanweave("agents", "--json", ...data)).split("\n").map((line) => JSON.parse(line) as NodeInfo);
  for (const { id, name } of agents) names.set(id, name);
  await lanweave("pause", run, ...data);
  console.log(`Frozen: the processes of all agents stand still for ${String(FROZEN_MS / 1000)} s …`);
  await new Promise((resolve) => setTimeout(resolve, FROZEN_MS));
  await lanweave("resume", run, ...data);
  console.log("Resumed.");
}

async function report(run: string): Promise<number> {
  const shown = JSON.parse(await lanweave("show", run, "--json", ...data)) as RunLine;
  console.log(`\n${await lanweave("graph", run, "--format", "mermaid", ...data)}\n`);
  console.log(renderTimingTable(shown, names));
  const agents = new Set(shown.nodes.flatMap((node) => node.agent ?? []));
  const digest = createHash("sha256")
    .update(readFileSync(path.join(out, "picture.ppm")))
    .digest("hex");
  // With fewer iterations it is another picture: then only that it came home as it was made can be checked.
  const expected = isQuick ? shown.outputs?.["digest"] : EXPECTED;
  const verdict = digest === expected ? "right" : `expected ${String(expected)}`;
  console.log(`\n${String(agents.size)} agents worked. SHA-256 of the picture: ${digest} (${verdict})`);
  return digest === expected ? 0 : 1;
}
