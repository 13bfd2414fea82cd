import { X509Certificate } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Command } from "commander";
import type { Disposable } from "#core/base/dispose.ts";
import { agentFolder, DataFolderHeldError, holdFolder } from "./adapters/data-folder.ts";
import { askToForget, isForgotten } from "./trust/forget.ts";
import { TRUST_FOLDER } from "./trust/identity.ts";
import { openPairings, type Pairing } from "./trust/pairings.ts";

/** How long the running agent may take to end an app's work. */
const FORGET_WITHIN_MS = 10_000;
const LOOK_EVERY_MS = 50;

interface Options {
  readonly data?: string;
  readonly json?: boolean;
}

/** Cannot be done; the message says why and what to do. */
export class AppsError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** Whether the command line is about the apps this machine works for, not about being an agent. */
export function isAboutApps(words: readonly string[]): boolean {
  return words[0] === "apps" || words[0] === "forget";
}

/** `lanweave agent apps` and `lanweave agent forget APP`: who may run things here, and the end of that. Rule FLEET-2. */
export async function runAppsCommand(words: readonly string[], print: (line: string) => void): Promise<void> {
  const program = new Command("lanweave agent").exitOverride();
  withOptions(program.command("apps").description("list the apps that this machine's agent is paired with")).action(
    (options: Options) => list(options, print),
  );
  withOptions(
    program
      .command("forget")
      .description("end the pairing with an app, here and now: its work is ended, its files are removed, it is refused")
      .argument("<app>", "its name or id, or a unique beginning of one"),
  ).action((text: string, options: Options) => forget(text, options, print));
  await program.parseAsync([...words], { from: "user" });
}

function withOptions(command: Command): Command {
  return command
    .option("--data <folder>", "the agent's data folder, as given when it was started")
    .option("--json", "print one JSON object a line", false);
}

async function list(options: Options, print: (line: string) => void): Promise<void> {
  const pairings = (await openPairings(folderOf(options))).list();
  for (const pairing of pairings) print(options.json === true ? JSON.stringify(toRecord(pairing)) : toLine(pairing));
  if (pairings.length === 0 && options.json !== true) print("No app is paired with this machine's agent.");
}

async function forget(text: string, options: Options, print: (line: string) => void): Promise<void> {
  const dataDir = folderOf(options);
  const pairings = await openPairings(dataDir);
  const pairing = find(pairings.list(), text);
  const { app, appName } = pairing;
  const folder = hold(dataDir);
  try {
    await askToForget(dataDir, app);
    // While no agent runs it cannot come back; what it left goes when the agent starts.
    if (folder !== null) await pairings.remove(app);
    else await waitUntilForgotten(dataDir, pairing);
  } finally {
    await folder?.dispose();
  }
  if (options.json === true) print(JSON.stringify({ kind: "forgotten", id: app, name: appName }));
  else print(`${appName} (${app}) is forgotten: its work here is ended, and it is refused from now on.`);
}

function folderOf(options: Options): string {
  const dataDir = agentFolder(options.data, process.env);
  if (existsSync(join(dataDir, TRUST_FOLDER))) return dataDir;
  throw new AppsError(
    "not-found",
    `no agent has used the folder ${dataDir}: give the one it was started with (--data)`,
  );
}

/** Null while an agent runs there. */
function hold(dataDir: string): Disposable | null {
  try {
    return holdFolder(dataDir);
  } catch (error) {
    if (error instanceof DataFolderHeldError) return null;
    throw error;
  }
}

async function waitUntilForgotten(dataDir: string, { app, appName }: Pairing): Promise<void> {
  const deadline = performance.now() + FORGET_WITHIN_MS;
  while (!(await isForgotten(dataDir, app))) {
    if (performance.now() > deadline) {
      throw new AppsError(
        "timeout",
        `the running agent has not answered within ${FORGET_WITHIN_MS / 1000} s: end it; it forgets ${appName} when it starts again`,
      );
    }
    await delay(LOOK_EVERY_MS);
  }
}

function find(pairings: readonly Pairing[], text: string): Pairing {
  const lower = text.toLowerCase();
  const exact = pairings.filter(({ app, appName }) => app === lower || appName.toLowerCase() === lower);
  const begins = pairings.filter(
    ({ app, appName }) => app.startsWith(lower) || appName.toLowerCase().startsWith(lower),
  );
  const found = exact.length > 0 ? exact : begins;
  const [pairing] = found;
  if (pairing === undefined) throw new AppsError("not-found", `no paired app “${text}”: see “lanweave agent apps”`);
  if (found.length > 1) {
    throw new AppsError("ambiguous", `“${text}” may be ${found.map(({ app }) => app).join(", ")}: give the id`);
  }
  return pairing;
}

function toRecord({ app, appName, pairedAt, certificatePem }: Pairing): object {
  return { kind: "app", id: app, name: appName, pairedAt, certificateUntil: untilOf(certificatePem).getTime() };
}

function toLine({ app, appName, pairedAt, certificatePem }: Pairing): string {
  const until = untilOf(certificatePem).toISOString().slice(0, 10);
  return `${appName}  ${app}  paired ${new Date(pairedAt).toISOString().slice(0, 10)}, certificate until ${until}`;
}

function untilOf(pem: string): Date {
  return new X509Certificate(pem).validToDate;
}
