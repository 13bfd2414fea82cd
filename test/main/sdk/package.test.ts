import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";

const run = promisify(execFile);
const ROOT = path.resolve(import.meta.dirname, "../../..");
const TSC = path.join(ROOT, "node_modules/typescript/bin/tsc");
const DEADLINE_MS = 120_000;

const folder = mkdtempSync(path.join(tmpdir(), "lanweave-consumer-"));
const modules = path.join(folder, "node_modules");

/** A project that has installed the package, as npm packs and unpacks it. Its agents' programs are those of the package as well. */
before(async () => {
  const source = path.join(folder, "source");
  for (const name of ["package.json", "README.md", "LICENSE", "bin", "schema"])
    cpSync(path.join(ROOT, name), path.join(source, name), { recursive: true });
  const { bundle } = await import("../../../scripts/bundle.ts");
  const { buildLibrary } = await import("../../../scripts/build-library.ts");
  await buildLibrary(path.join(source, "dist/sdk"));
  await bundle("agent/main.ts", path.join(source, "dist/cli/agent.js"));
  await bundle("agent/spawner/main.ts", path.join(source, "dist/cli/spawner.js"));
  // What must not be packed.
  mkdirSync(path.join(source, "main/sdk"), { recursive: true });
  writeFileSync(path.join(source, "main/sdk/index.ts"), "");
  const { stdout } = await run("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", folder], {
    cwd: source,
  });
  const [packed]: readonly { readonly filename: string }[] = JSON.parse(stdout);
  mkdirSync(path.join(modules, "@types"), { recursive: true });
  await run("tar", ["-xzf", path.join(folder, packed?.filename ?? ""), "-C", modules]);
  await run("mv", [path.join(modules, "package"), path.join(modules, "lanweave")]);
  symlinkSync(path.join(ROOT, "node_modules/@types/node"), path.join(modules, "@types/node"));
  writeFileSync(path.join(folder, "package.json"), JSON.stringify({ type: "module" }));
  writeFileSync(path.join(folder, "program.ts"), PROGRAM);
});
after(() => rmSync(folder, { recursive: true }));

/** Said in parts: this file silences nothing. */
const REFUSED = `// @ts-${"expect"}-error`;

const PROGRAM = `
import { Coordinator, parallel, task, workflow, WorkflowEngine, type WorkflowContext } from "lanweave";

const hello = task("hello", (ctx: WorkflowContext) => "hello " + ctx.attempt);
const length = task("length", { dependsOn: [hello] }, (ctx) => ctx.results.hello.length);
const flow = workflow({ name: "w", nodes: [hello, length], outputs: { length: "nodes.length.result" } });
const result = await new WorkflowEngine(flow).execute();
if (!result.ok) throw new Error(result.error.message);
const found: number = result.outputs.length;
${REFUSED} it is no text
const wrong: string = result.outputs.length;
${REFUSED} there is no such sibling
void (() => parallel("p", [task("a", { dependsOn: "nobody" }, () => wrong)]));

const coordinator = new Coordinator({ data: process.argv[2] ?? "data", local: 1 });
const run = await coordinator.run(workflow({ name: "fleet", nodes: [task("shell", { run: "echo from an agent" })] }));
const there = await run.result;
console.log(found, there.run.nodes[0]?.result);
await coordinator.dispose();
`;

test("[SDK-9] a strict compiler takes the types of the package, and checks them all", async () => {
  const compilerOptions = {
    target: "ES2024",
    lib: ["ES2024"],
    module: "NodeNext",
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: false,
    noEmit: true,
    types: ["node"],
  };
  writeFileSync(path.join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["program.ts"] }));
  const { stdout } = await run(process.execPath, [TSC, "-p", folder], { timeout: DEADLINE_MS }).catch(
    (error: { readonly stdout: string }) => error,
  );
  assert.equal(stdout, "");
});

test("[SDK-9] a program runs with the package, in its own process and on agents", async () => {
  const parameters = [path.join(folder, "program.ts"), path.join(folder, "data")];
  const { stdout } = await run(process.execPath, parameters, { cwd: folder, timeout: DEADLINE_MS });
  assert.equal(stdout, "7 from an agent\n");
});
