import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { ROOT, printFindings } from "./check-sources.ts";
import type { Findings } from "./check-sources.ts";

/** The one release of node-ipc that was read and is trusted: see docs/dependencies.md. */
const NODE_IPC = {
  version: "14.0.0",
  integrity: "sha512-d5+aogND4Gk6aQkW5KCibliM4Mn12+isHXt8wFghO4Bn0gBSnev3TXJWQ4eEnzrlh5gCG+nwQEZwyayeDtQxQA==",
};

const lockSchema = z.object({
  lockfileVersion: z.literal(3),
  packages: z.record(
    z.string(),
    z.object({
      version: z.string().optional(),
      integrity: z.string().optional(),
      resolved: z.string().optional(),
      hasInstallScript: z.boolean().optional(),
      link: z.boolean().optional(),
    }),
  ),
});

const packageSchema = z.object({
  dependencies: z.record(z.string(), z.string()),
  devDependencies: z.record(z.string(), z.string()),
  allowScripts: z.record(z.string(), z.boolean()),
});

/** Holds the lockfile: a digest for every package, node-ipc as it was read, exact versions, and every dependency in docs/dependencies.md. */
export function checkLock(): Findings {
  const { packages } = lockSchema.parse(readJson("package-lock.json"));
  const manifest = packageSchema.parse(readJson("package.json"));
  const entries = Object.entries(packages).filter(([path]) => path !== "");
  const direct = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies });
  const documented = readFileSync(join(ROOT, "docs/dependencies.md"), "utf8");
  const ipc = packages["node_modules/node-ipc"];
  const problems = [
    ...entries
      .filter(([, entry]) => entry.integrity === undefined)
      .map(([path]) => `package-lock.json: ${path} has no integrity`),
    ...entries
      .filter(([, entry]) => entry.resolved !== undefined)
      .map(([path]) => `package-lock.json: ${path} names a host`),
    ...direct
      .filter(([, range]) => !/^\d+\.\d+\.\d+$/.test(range))
      .map(([name]) => `package.json: ${name} is not an exact version`),
    ...direct
      .filter(([name]) => !documented.includes(`| \`${name}\``))
      .map(
        ([name]) => `docs/dependencies.md: ${name} has no row: say what for, who keeps it, licence, install scripts`,
      ),
  ];
  if (ipc?.version !== NODE_IPC.version || ipc.integrity !== NODE_IPC.integrity) {
    problems.push(`package-lock.json: node-ipc must be ${NODE_IPC.version} with ${NODE_IPC.integrity}`);
  }
  if (entries.filter(([path]) => path.endsWith("/node-ipc")).length !== 1)
    problems.push("package-lock.json: node-ipc is there more than once");
  const scripts = entries
    .filter(([, entry]) => entry.hasInstallScript === true)
    .map(([path]) => path.replace(/^.*node_modules\//, ""));
  const denied = scripts.filter((name) => manifest.allowScripts[name] !== true);
  return {
    problems,
    notes: [`${entries.length} packages; install scripts not allowed: ${denied.join(", ") || "none"}`],
  };
}

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(join(ROOT, file), "utf8"));
}

if (import.meta.main) printFindings(checkLock());
