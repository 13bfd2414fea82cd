import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import { availableParallelism, hostname } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import * as z from "zod/mini";
import type { Log } from "#core/ports/log.ts";
import type { LocalAgents, StartedAgent } from "#core/ports/local-agents.ts";

const READY_DEADLINE_MS = 20_000;
const STOP_DEADLINE_MS = 10_000;
const CODE_BYTES = 24;
const LOOPBACK = "127.0.0.1";

const readySchema = z.object({
  kind: z.literal("agent-ready"),
  id: z.string(),
  name: z.string(),
  fingerprint: z.string(),
  port: z.int(),
  addresses: z.array(z.string()),
});

interface RunningAgent {
  readonly child: ChildProcess;
  readonly ended: Promise<void>;
  /** Null until it said so. */
  id: string | null;
  isStopping: boolean;
}

/** Agents as child processes, each with a folder of its own; they end with this process, whatever ends it: their stdin closes. */
export class ChildAgents implements LocalAgents {
  readonly #folder: string;
  readonly #log: Log;
  readonly #slots: number | null;
  readonly #running = new Map<number, RunningAgent>();

  /** `slots` null: together the agents have one a CPU. */
  constructor(folder: string, log: Log, slots: number | null) {
    this.#folder = folder;
    this.#log = log;
    this.#slots = slots;
  }

  async start(
    count: number,
    reach: "lan" | "loopback",
    ended: (id: string, reason: string) => void,
  ): Promise<readonly StartedAgent[]> {
    const missing = Array.from({ length: count }, (_, index) => index + 1).filter(
      (number) => !this.#running.has(number),
    );
    const slots = this.#slots ?? Math.max(1, Math.floor(availableParallelism() / count));
    return Promise.all(missing.map((number) => this.#startOne(number, slots, reach, ended)));
  }

  async #startOne(
    number: number,
    slots: number,
    reach: "lan" | "loopback",
    ended: (id: string, reason: string) => void,
  ): Promise<StartedAgent> {
    const data = path.join(this.#folder, String(number));
    mkdirSync(data, { recursive: true, mode: 0o700 });
    const name = number === 1 ? hostname() : `${hostname()}-${String(number)}`;
    const flags = [
      "--name",
      name,
      "--slots",
      String(slots),
      "--data",
      data,
      "--port",
      "0",
      "--json",
      "--pair-from-stdin",
      "--no-advertise",
    ];
    const child = spawn(
      process.execPath,
      [agentEntry(), ...flags, ...(reach === "loopback" ? ["--host", LOOPBACK] : [])],
      {
        stdio: ["pipe", "pipe", "pipe"],
        // Out of the terminal's reach: at Ctrl-C this process first lets them freeze what runs. Their stdin ends them with us.
        detached: process.platform !== "win32",
        // In Electron's utility process `execPath` is Electron itself, which is then to be plain Node.
        env: { ...process.env, ELECTRON_RUN_AS_NODE: "1" },
      },
    );
    const agent: RunningAgent = { child, ended: endOf(child), id: null, isStopping: false };
    this.#running.set(number, agent);
    const code = randomBytes(CODE_BYTES).toString("hex");
    child.stdin?.on("error", () => {}).write(`${JSON.stringify({ code })}\n`);
    const complaints = this.#listen(child);
    try {
      const ready = await readyLine(child, complaints);
      agent.id = ready.id;
      void agent.ended.then(() => {
        this.#running.delete(number);
        if (!agent.isStopping) ended(ready.id, complaints.join("\n"));
      });
      return { ...ready, host: LOOPBACK, addresses: reach === "lan" ? ready.addresses : [], code };
    } catch (error) {
      child.kill("SIGKILL");
      this.#running.delete(number);
      throw error;
    }
  }

  /** The last lines of what it says on stderr, for the case that it fails. */
  #listen(child: ChildProcess): string[] {
    const last: string[] = [];
    if (child.stderr !== null) {
      createInterface({ input: child.stderr }).on("line", (line) => {
        last.push(line);
        if (last.length > 10) last.shift();
        this.#log.debug("local agent", { line });
      });
    }
    return last;
  }

  async stop(ids: readonly string[] | null): Promise<number> {
    const all = [...this.#running.values()];
    const agents = all.filter(({ id }) => ids === null || (id !== null && ids.includes(id)));
    await Promise.all(agents.map((agent) => stopOne(agent)));
    return agents.length;
  }
}

async function stopOne(agent: RunningAgent): Promise<void> {
  agent.isStopping = true;
  agent.child.stdin?.end();
  agent.child.kill("SIGTERM");
  const deadline = setTimeout(() => agent.child.kill("SIGKILL"), STOP_DEADLINE_MS);
  await agent.ended;
  clearTimeout(deadline);
}

function endOf(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once("error", () => resolve());
    child.once("exit", () => resolve());
  });
}

function readyLine(child: ChildProcess, complaints: readonly string[]): Promise<z.infer<typeof readySchema>> {
  return new Promise((resolve, reject) => {
    const fail = (why: string): void => {
      clearTimeout(deadline);
      reject(
        new Error(
          `this machine's agent did not start: ${why}${complaints.length > 0 ? `\n${complaints.join("\n")}` : ""}`,
        ),
      );
    };
    const deadline = setTimeout(
      () => fail(`nothing heard of it within ${String(READY_DEADLINE_MS / 1000)} s`),
      READY_DEADLINE_MS,
    );
    child.once("error", (error) => fail(error.message));
    child.once("close", (code) => fail(`it ended with code ${String(code)}`));
    if (child.stdout === null) return fail("it has no output");
    createInterface({ input: child.stdout }).on("line", (line) => {
      const ready = parseReady(line);
      if (ready === null) return;
      clearTimeout(deadline);
      resolve(ready);
    });
  });
}

function parseReady(line: string): z.infer<typeof readySchema> | null {
  try {
    const parsed = readySchema.safeParse(JSON.parse(line));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

/** The agent's program: the source in a checkout, the bundle beside ours otherwise. */
function agentEntry(): string {
  const here = fileURLToPath(import.meta.url);
  if (here.endsWith(".ts")) return path.resolve(here, "../../../agent/main.ts");
  // The command line's bundle has it beside itself, those of the app and of the library in the folder next to theirs.
  return path.resolve(path.dirname(here), path.basename(here) === "main.js" ? "agent.js" : "../cli/agent.js");
}
