import type { NodeInfo } from "#core/model/agent.ts";
import type { AgentId, EpochMs, NodePath } from "#core/model/id.ts";
import type { RunNodeType } from "#core/model/run.ts";

/** A node of a fixture run: a task works for `workMs`, then ends as `ends` says; `approve` waits for a person. */
export interface PlanNode {
  readonly id: string;
  readonly type: RunNodeType;
  readonly label?: string;
  readonly after?: readonly string[];
  readonly nodes?: readonly PlanNode[];
  readonly workMs?: number;
  readonly ends?: "completed" | "failed" | "skipped";
  readonly action?: string;
  readonly prints?: (path: NodePath) => string;
}

export interface Plan {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly source: string;
  readonly inputs: Readonly<Record<string, object>>;
  readonly nodes: readonly PlanNode[];
}

const task = (id: string, workMs: number, more: Partial<PlanNode> = {}): PlanNode => ({
  id,
  type: "task",
  action: "run",
  workMs,
  ...more,
});

const tile = (index: number): PlanNode => ({
  id: `tile[${index}]`,
  type: "group",
  nodes: [
    task("draw", 1_500 + ((index * 811) % 2_600), {
      prints: () =>
        `tile ${index}: rows ${index * 15}..${index * 15 + 14}\n\u001b[32mescape radius 2, 256 iterations\u001b[0m\nwrote tile-${index}.pgm\n`,
    }),
  ],
});

const picture: Plan = {
  name: "picture",
  title: "A picture, tile by tile",
  description: "Draws a Mandelbrot set in 24 tiles on all machines at once and joins them into one picture.",
  source:
    "lanweave: 1\nname: picture\ninputs:\n  width: { type: integer, default: 480, minimum: 64 }\nnodes:\n  - id: plan\n    type: task\n",
  inputs: {
    width: { type: "integer", default: 480, minimum: 64, maximum: 4_096, description: "Pixels from left to right." },
    height: { type: "integer", default: 360, minimum: 64, maximum: 4_096, description: "Pixels from top to bottom." },
    palette: { type: "string", default: "ember", enum: ["ember", "frost", "grey"] },
    note: { type: "string", description: "Written into the picture's header." },
  },
  nodes: [
    task("plan", 600, { prints: () => "24 tiles of 480×15\n" }),
    { id: "tiles", type: "parallel", after: ["plan"], nodes: Array.from({ length: 24 }, (_, index) => tile(index)) },
    task("join", 1_200, { after: ["tiles"] }),
    task("verify", 500, { after: ["join"] }),
  ],
};

const server = (name: string, index: number): PlanNode => ({
  id: `each[${index}]`,
  type: "group",
  label: name,
  nodes: [
    task("switch", 900, { prints: () => "ln -sfn /srv/app/releases/42 /srv/app/current\n" }),
    {
      id: "health",
      type: "loop",
      after: ["switch"],
      nodes: [1, 2].map((turn) => ({ id: `health[${turn}]`, type: "group", nodes: [task("check", 700)] })),
    },
  ],
});

const release: Plan = {
  name: "release",
  title: "Rolling release with rollback",
  description: "Switches each machine to the new release, checks its health, and asks before going on.",
  source: "lanweave: 1\nname: release\nnodes:\n  - id: build\n    type: pipeline\n",
  inputs: { version: { type: "string", pattern: "^[0-9]+$", description: "Number of the release." } },
  nodes: [
    {
      id: "build",
      type: "pipeline",
      nodes: [task("checkout", 500), task("compile", 2_400), task("package", 900)],
    },
    task("canary", 1_200, { after: ["build"] }),
    task("go-on", 0, { after: ["canary"], action: "approve" }),
    {
      id: "each",
      type: "parallel",
      after: ["go-on"],
      nodes: ["web-1", "web-2", "web-3"].map(server),
    },
    {
      id: "announce",
      type: "conditional",
      after: ["each"],
      nodes: [task("mail", 400), task("page-somebody", 400, { ends: "skipped" })],
    },
  ],
};

const sort: Plan = {
  name: "sort",
  title: "A sort with proof",
  description: "Splits a large text, sorts the parts on the machines, merges them, and compares the digest.",
  source: "lanweave: 1\nname: sort\nnodes: []\n",
  inputs: {},
  nodes: [
    task("split", 700),
    {
      id: "parts",
      type: "parallel",
      after: ["split"],
      nodes: Array.from({ length: 8 }, (_, index) => ({
        id: `parts[${index}]`,
        type: "group" as const,
        nodes: [task("sort", 1_000 + index * 130, { ends: index === 5 ? "failed" : "completed" })],
      })),
    },
    task("merge", 1_200, { after: ["parts"] }),
  ],
};

/** Many small tasks in many groups: for looking at what a large run does to the window. */
export function largePlan(count: number): Plan {
  const groups = Math.max(1, Math.round(count / 100));
  const each = Math.floor(count / groups);
  const nodes = Array.from({ length: groups }, (_, group): PlanNode => ({
    id: `batch-${group}`,
    type: group % 3 === 0 ? "pipeline" : "parallel",
    ...(group >= 10 ? { after: [`batch-${group - 10}`] } : {}),
    nodes: Array.from({ length: each }, (_, index) => task(`t${index}`, 400 + ((index * 37) % 900))),
  }));
  const description = `${count} small tasks in ${groups} batches.`;
  return { name: `large-${count}`, title: `Large: ${count} tasks`, description, source: "", inputs: {}, nodes };
}

export const PLANS: readonly Plan[] = [picture, release, sort];

const PROGRAMS = ["awk", "bash", "convert", "ffmpeg", "git", "gzip", "node", "python3", "sort", "tar"];

/** An agent of the fixture; `ordinal` -1 is one that is only seen. */
export function fixtureAgent(name: string, ordinal: number, cpus: number, now: number): NodeInfo {
  const seed = [...name].reduce((sum, sign) => (sum * 31 + sign.charCodeAt(0)) >>> 0, 7);
  const hex = (length: number): string =>
    Array.from({ length }, (_, index) =>
      (((seed >>> (index % 24)) * 2_654_435_761 + index * 97) >>> 7).toString(16).at(-1),
    ).join("");
  return {
    id: hex(16) as AgentId,
    name,
    fingerprint: hex(64),
    addresses: [`192.168.1.${20 + (seed % 200)}`],
    port: 47_000 + (seed % 900),
    paired: ordinal >= 0,
    ordinal,
    status: "online",
    reason: null,
    draining: false,
    isThisMachine: ordinal === 0,
    capabilities:
      ordinal < 0
        ? null
        : {
            labels: ordinal === 1 ? ["imagemagick", "ssd"] : [],
            os: "linux",
            arch: "x64",
            cpus,
            memoryBytes: cpus * 2 * 1_024 ** 3,
            gpus: ordinal === 1 ? 1 : 0,
            programs: PROGRAMS.slice(ordinal, ordinal + 7),
            slots: cpus,
            canFreeze: ordinal !== 3,
          },
    running: 0,
    load: ordinal < 0 ? null : 0.04,
    lastHeartbeat: ordinal < 0 ? null : (now as EpochMs),
    latencyMs: ordinal < 0 ? null : 0.4 + ordinal * 0.7,
    version: "0.1.0",
  };
}
