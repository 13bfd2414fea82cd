import { accessSync, constants, existsSync } from "node:fs";
import { createServer } from "node:net";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { once } from "node:events";
import type { Command } from "commander";
import { readCoordinatorRecord, wasDataFolderUsed } from "../host/data-folder.ts";
import { connectLocal } from "../host/local-socket.ts";
import { DEFAULT_PORT } from "../serve/serve.ts";
import type { CommandContext, CommonOptions, Invocation } from "./command.ts";
import { withCommon } from "./command.ts";
import type { ExitCode } from "./command-error.ts";
import { EXIT } from "./command-error.ts";
import { productFolder, productVersion } from "../host/product.ts";

/** One thing that was looked at; what is not sound says what to do. */
interface Check {
  readonly name: string;
  readonly isSound: boolean;
  readonly found: string;
}

export function addDoctor(program: Command, invocation: Invocation): void {
  withCommon(program.command("doctor").description("look at what this machine has, and say what is missing")).action(
    (options: CommonOptions) => invocation.run(options, examine),
  );
}

async function examine({ output, dataDir }: CommandContext): Promise<ExitCode> {
  const checks = [
    {
      name: "version",
      isSound: true,
      found: `lanweave ${productVersion()}, Node ${process.versions.node}, ${process.platform} ${process.arch}`,
    },
    checkDataFolder(dataDir),
    await checkCoordinator(dataDir),
    checkNetwork(),
    await checkPort(),
    checkWindow(),
  ];
  for (const { name, isSound, found } of checks) {
    output.record({ kind: "check", name, sound: isSound, found });
    output.print(`${isSound ? "✓" : "✗"} ${name}: ${found}`);
  }
  return checks.every((check) => check.isSound) ? EXIT.done : EXIT.failed;
}

function checkDataFolder(dataDir: string): Check {
  const name = "data folder";
  if (!existsSync(dataDir)) return { name, isSound: true, found: `${dataDir}, made at the first start` };
  try {
    accessSync(dataDir, constants.R_OK | constants.W_OK);
    return { name, isSound: true, found: `${dataDir}${wasDataFolderUsed(dataDir) ? "" : ", not used yet"}` };
  } catch {
    return { name, isSound: false, found: `${dataDir} cannot be written: give another one with --data` };
  }
}

async function checkCoordinator(dataDir: string): Promise<Check> {
  const name = "coordinator";
  const channel = await connectLocal(dataDir);
  if (channel === null) return { name, isSound: true, found: "none is running for this data folder" };
  channel.close();
  return { name, isSound: true, found: `running, process id ${readCoordinatorRecord(dataDir)?.pid ?? "unknown"}` };
}

function checkNetwork(): Check {
  const addresses = Object.entries(networkInterfaces()).flatMap(([name, entries]) =>
    (entries ?? []).filter((entry) => !entry.internal).map((entry) => `${name} ${entry.address}`),
  );
  const name = "network";
  if (addresses.length > 0) return { name, isSound: true, found: addresses.join(", ") };
  return { name, isSound: false, found: "no address but this machine's own: agents of other machines cannot be found" };
}

async function checkPort(): Promise<Check> {
  const server = createServer();
  server.listen({ host: "127.0.0.1", port: DEFAULT_PORT, exclusive: true });
  const isFree = await once(server, "listening").then(
    () => true,
    () => false,
  );
  if (isFree) server.close();
  const found = isFree ? `${DEFAULT_PORT} is free` : `${DEFAULT_PORT} is taken: serve takes a free one instead`;
  return { name: "port of serve", isSound: true, found };
}

function checkWindow(): Check {
  const folder = join(productFolder(), "dist", "renderer");
  const isBuilt = existsSync(join(folder, "index.html"));
  return { name: "window", isSound: isBuilt, found: isBuilt ? folder : `not in ${folder}: run "npm run build"` };
}
