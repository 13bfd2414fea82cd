import type { AgentMessage, AppMessage } from "#core/protocol/messages.ts";

// Valid messages, at least one of each kind: what cases are made of, and what a peer of the first minor version says.

const KEY = { run: "20261123-204512-k3f9", path: "build/0/pack", fence: 3 };
const FILE = { name: "in/数据 1.txt", sha256: "0".repeat(64), sizeBytes: 12 };
const HOLDER = { agent: "b".repeat(16), fingerprint: "b".repeat(64), addresses: ["10.0.0.2", "fe80::1%eth0"], port: 1 };

export const CAPABILITIES = {
  labels: ["gpu"],
  os: "linux",
  arch: "x64",
  cpus: 4,
  memoryBytes: 2 ** 32,
  gpus: 0,
  programs: ["git", "python3"],
  slots: 4,
  canFreeze: true,
};

const SPEC = {
  key: KEY,
  attempt: 1,
  level: 2,
  workflow: "build",
  action: { kind: "run", script: "make", shell: "sh" },
  result: "text",
  environment: { LANG: "C" },
  filesIn: [{ ...FILE, holders: [HOLDER] }],
  filesOut: ["out/*.bin"],
  timeoutMs: 1_000,
  cpus: 0.5,
  memoryBytes: 1_000,
} as const;

const ACTIONS = [
  SPEC.action,
  { kind: "argv", argv: ["true", "-x"] },
  { kind: "script", module: "./words.ts", export: "default", args: { a: [1, "b", null] } },
  { kind: "http", method: "GET", url: "http://10.0.0.1/", headers: { a: "b" }, body: { a: [1] }, expect: [200] },
  { kind: "sleep", durationMs: 5 },
  { kind: "noop" },
] as const;

/** What an app of this minor version, or of the first one, says. */
export function appMessages(app: string): readonly AppMessage[] {
  const spec = { ...SPEC, environment: { ...SPEC.environment }, filesOut: [...SPEC.filesOut] };
  const filesIn = SPEC.filesIn.map((file) => ({
    ...file,
    holders: file.holders.map((holder) => ({ ...holder, addresses: [...holder.addresses] })),
  }));
  const hello = { protocol: { major: 1, minor: 0 }, app, appName: "desk", appVersion: "0.1.0" };
  return [
    { kind: "hello", ...hello },
    ...ACTIONS.map((action, index): AppMessage => ({
      kind: "assign",
      spec: { ...spec, filesIn, key: { ...KEY, fence: index }, action: structuredClone<WireAction>(action as never) },
    })),
    { kind: "stop", keys: [KEY], reason: "cancelled" },
    { kind: "freeze", keys: [KEY] },
    { kind: "thaw", keys: [KEY] },
    { kind: "settled", keys: [KEY], verdict: "accepted" },
    { kind: "output-taken", key: KEY, offset: 5 },
    { kind: "ping", nonce: 7 },
  ];
}

type WireAction = Extract<AppMessage, { kind: "assign" }>["spec"]["action"];

/** What an agent says. `key` is the attempt it speaks of. */
export function agentMessages(agent: string, key: typeof KEY = KEY): readonly AgentMessage[] {
  const base64 = Buffer.from("hello\n").toString("base64");
  return [
    {
      kind: "welcome",
      protocol: { major: 1, minor: 0 },
      agent,
      name: "studio",
      version: "0.1.0",
      capabilities: { ...CAPABILITIES, labels: ["gpu"], programs: ["git"] },
      held: [{ key, state: "running" }],
    },
    { kind: "refused", of: "assign", code: "busy", message: "no room", key },
    { kind: "heartbeat", seq: 1, load: 0.5, running: 1, trouble: null },
    { kind: "started", key, pid: 4 },
    { kind: "ended", key, outcome: { kind: "success", result: { a: [1] }, files: [{ ...FILE }], executionMs: 5 } },
    { kind: "ended", key, outcome: { kind: "failure", failure: { code: "exit", message: "1" }, executionMs: 5 } },
    { kind: "ended", key, outcome: { kind: "cancelled", executionMs: 5 } },
    { kind: "suspended", keys: [key] },
    { kind: "resumed", keys: [key] },
    { kind: "output", key, offset: 0, stream: "stdout", base64 },
    { kind: "report", key, report: { kind: "progress", progress: 0.5 } },
    { kind: "report", key, report: { kind: "metric", name: "rows", value: { kind: "counter", value: 1 } } },
    { kind: "report", key, report: { kind: "metric", name: "ms", value: { kind: "histogram", values: [1, 2] } } },
    { kind: "report", key, report: { kind: "custom", name: "e", data: { a: 1 } } },
    { kind: "report", key, report: { kind: "log", level: "info", message: "hi" } },
    { kind: "pong", nonce: 7 },
  ];
}

export const FILE_REQUESTS = [
  { kind: "have", files: ["0".repeat(64), "1".repeat(64)] },
  { kind: "get", sha256: "0".repeat(64), offset: 0 },
  { kind: "put", sha256: "0".repeat(64), sizeBytes: 10 },
] as const;

export const FILE_REPLIES = [
  { kind: "held", held: [true, false] },
  { kind: "sending", sizeBytes: 10 },
  { kind: "send", offset: 0 },
  { kind: "stored" },
  { kind: "refused", code: "missing", message: "none" },
] as const;

export const PAIRING_MESSAGES = [
  { kind: "hello", version: 1, app: "a".repeat(16), appName: "desk", authority: "b".repeat(64) },
  { kind: "offer", version: 1, agent: "c".repeat(16), salt: "d".repeat(32), share: "04".padEnd(130, "e") },
  { kind: "proof", share: "04".padEnd(130, "e"), confirmation: "f".repeat(64) },
  { kind: "agreed", confirmation: "f".repeat(64) },
  {
    kind: "grant",
    authorityPem: "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    certificatePem: "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
  },
  { kind: "done", agent: "c".repeat(16), name: "studio", linkPort: 7421 },
  { kind: "refused", code: "wrong-code", message: "no" },
] as const;
