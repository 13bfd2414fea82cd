import { readFile, realpath, writeFile } from "node:fs/promises";
import { basename, dirname, join, posix } from "node:path";
import { fileURLToPath } from "node:url";
import * as z from "zod/mini";
import type { Json } from "#core/base/json.ts";
import type { AttemptSpec, ResolvedAction } from "#core/model/attempt.ts";
import { MAX_JSON_DEPTH, MAX_RESULT_BYTES } from "#core/protocol/limits.ts";
import type { AttemptPlaces } from "./attempt-folders.ts";
import { AttemptError } from "./errors.ts";
import { type ProcessCommand, type ProcessEnd, toEndError } from "./process-command.ts";
import { checkResult, tooLarge } from "./result.ts";

const TYPESCRIPT = /\.[cm]?ts$/;
/** In the folder of the attempt. */
const ANSWER = "answer.json";
/** The host beside this bundle; in a checkout, its source. */
const HOST = fileURLToPath(
  new URL(import.meta.url.endsWith(".ts") ? "../script/host.ts" : "./script-host.js", import.meta.url),
);

const answerSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("returned"), result: z.unknown() }),
  z.object({ kind: z.literal("failed"), code: z.string(), message: z.string() }),
  z.object({ kind: z.literal("too-large"), sizeBytes: z.number() }),
]);

/** What of Node matters for running scripts. */
export interface NodeFacts {
  readonly execPath: string;
  readonly version: string;
  /** Which flags it knows. */
  readonly flags: { has(flag: string): boolean };
  /** `process.features.typescript`: how it takes TypeScript. */
  readonly typescript: unknown;
}

/** With less Node does not start. */
const MIN_HEAP_MIB = 16;

function toHeapMib(bytes: number): number {
  return Math.max(MIN_HEAP_MIB, Math.ceil(bytes / 2 ** 20));
}

/** A function of a module, called in a Node of its own under Node's permission model. Rules FILE-3, NODE-10. */
export class ScriptCommand implements ProcessCommand {
  readonly captureBytes = 0;
  /** Node sets far more aside than it uses; its heap is limited by a flag. */
  readonly takesDataLimit = false;
  readonly #action: ResolvedAction & { readonly kind: "script" };
  readonly #spec: AttemptSpec;
  readonly #places: AttemptPlaces;
  readonly #node: NodeFacts;

  constructor(
    action: ResolvedAction & { readonly kind: "script" },
    spec: AttemptSpec,
    places: AttemptPlaces,
    node: NodeFacts,
  ) {
    this.#action = action;
    this.#spec = spec;
    this.#places = places;
    this.#node = node;
  }

  async prepare(): Promise<readonly string[]> {
    const { export: name, args } = this.#action;
    // As its file is called that was brought here.
    const module = posix.normalize(this.#action.module);
    // Permissions are for real paths: links on the way here are none of the script's.
    const root = await realpath(this.#places.root);
    const order = {
      modulePath: join(await realpath(this.#places.work), module),
      module,
      export: name,
      args,
      answerPath: join(root, ANSWER),
      maxResultBytes: MAX_RESULT_BYTES,
      maxResultDepth: MAX_JSON_DEPTH,
      reportFd: process.platform === "win32" ? null : 3,
      readyAt: this.#spec.readyAt ?? null,
    };
    const orderPath = join(root, "order.json");
    await writeFile(orderPath, JSON.stringify(order), { mode: 0o600 });
    // The nearest one says what `.js` means. With none of the workflow's own it is to be seen from the source, not from what lies around.
    await writeFile(join(root, "package.json"), "{}", { mode: 0o600 });
    const host = await realpath(HOST);
    return [this.#node.execPath, ...this.#flags(root, host), host, orderPath];
  }

  async toResult(end: ProcessEnd): Promise<Json> {
    const answer = await this.#readAnswer();
    if (answer === undefined) throw toEndError(end);
    if (answer.kind === "failed") throw new AttemptError(answer.code, answer.message);
    if (answer.kind === "too-large") throw tooLarge(`what the function returned has ${answer.sizeBytes} bytes as JSON`);
    return this.#spec.result === "none" ? null : checkResult(answer.result as Json);
  }

  #flags(root: string, host: string): readonly string[] {
    const { flags } = this.#node;
    const { work, home, temporary } = this.#places;
    const needed = [
      "--permission",
      `--allow-fs-read=${join(root, "*")}`,
      `--allow-fs-read=${host.endsWith(".ts") ? join(dirname(host), "*") : host.replace(/(\.asar)[/\\].*$/, "$1*")}`,
      ...[work, home, temporary].map((path) => `--allow-fs-write=${join(root, basename(path), "*")}`),
      `--allow-fs-write=${join(root, ANSWER)}`,
      "--disable-warning=ExperimentalWarning",
      "--disable-warning=MODULE_TYPELESS_PACKAGE_JSON",
    ];
    // Newer versions of Node ask for it; older ones do not know it.
    if (flags.has("--allow-net")) needed.push("--allow-net");
    if (this.#spec.memoryBytes > 0) needed.push(`--max-old-space-size=${toHeapMib(this.#spec.memoryBytes)}`);
    return [...needed, ...this.#typescriptFlags()];
  }

  /** Node strips types by itself from 22.18 on, and before where it is told to. */
  #typescriptFlags(): readonly string[] {
    const { typescript, flags, version } = this.#node;
    if (flags.has("--experimental-strip-types")) return ["--experimental-strip-types"];
    if (typescript === "strip" || typescript === "transform" || !TYPESCRIPT.test(this.#action.module)) return [];
    throw new AttemptError(
      "unsupported",
      `the Node of this agent (${version}) cannot run TypeScript, which "${this.#action.module}" is: expected Node 22.18 or newer that was built with it, or a module in JavaScript`,
    );
  }

  async #readAnswer(): Promise<z.infer<typeof answerSchema> | undefined> {
    try {
      const parsed = answerSchema.safeParse(JSON.parse(await readFile(join(this.#places.root, ANSWER), "utf8")));
      return parsed.success ? parsed.data : undefined;
    } catch {
      // It was killed before it could answer, or while it did: how it ended says more.
      return undefined;
    }
  }
}
