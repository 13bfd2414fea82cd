#!/usr/bin/env node
// The command `lanweave`. In a checkout it runs the TypeScript sources, which needs Node 24: an older Node starts the one that
// `npm ci` has put into node_modules. In the installed package it runs the bundles. Plain JavaScript, so that an old Node
// gets as far as saying what is missing.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import module from "node:module";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const EXIT_USAGE = 2;
const CHECKOUT_NODE = [24, 0];
const PACKAGE_NODE = [22, 13];

const script = fileURLToPath(import.meta.url);
const root = dirname(dirname(script));
const isAgent = process.argv[2] === "agent";

if (existsSync(join(root, "main", "cli", "main.ts"))) runCheckout();
else runPackage();

function runCheckout() {
  if (isNodeAtLeast(CHECKOUT_NODE)) {
    // Keeps what was compiled where only the owner of the checkout can write: commands start in half the time.
    module.enableCompileCache(join(root, "node_modules", ".cache", "compile"));
    return load(isAgent ? "agent/main.ts" : "main/cli/main.ts");
  }
  const name = process.platform === "win32" ? "node.exe" : "node";
  const pinned = join(root, "node_modules", "node", "bin", name);
  if (existsSync(pinned)) return runWith(pinned);
  fail(
    `this checkout needs Node ${CHECKOUT_NODE[0]}, found ${process.versions.node}: run "npm ci", which brings it along`,
  );
}

function runPackage() {
  if (isNodeAtLeast(PACKAGE_NODE)) return load(isAgent ? "dist/cli/agent.js" : "dist/cli/main.js");
  fail(`lanweave needs Node ${PACKAGE_NODE.join(".")} or newer, found ${process.versions.node}: install a newer Node`);
}

function load(file) {
  const path = join(root, file);
  if (!existsSync(path))
    return fail(`${path} is missing: install lanweave again, or run "npm run build" in a checkout`);
  // The command sees its words after the program's name, the agent too.
  if (isAgent) process.argv.splice(2, 1);
  import(pathToFileURL(path).href).catch((error) => {
    console.error(error);
    process.exitCode = 1;
  });
}

/** The same command with another Node: same input and output, same exit code, same signals. */
function runWith(node) {
  const child = spawn(node, [...process.execArgv, script, ...process.argv.slice(2)], { stdio: "inherit" });
  // A terminal gives Ctrl-C to this process and to the child alike: passed on, the child would take it for two.
  const hasTerminal = process.stdin.isTTY === true || process.stdout.isTTY === true || process.stderr.isTTY === true;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"]) {
    const comesFromTerminal = hasTerminal && (signal === "SIGINT" || signal === "SIGQUIT");
    process.on(signal, () => {
      if (!comesFromTerminal) child.kill(signal);
    });
  }
  child.once("error", (error) => fail(`${node} could not be started: ${error.message}`));
  child.once("exit", (code, signal) => {
    process.exit(signal === null ? code : 128 + constants.signals[signal]);
  });
}

function isNodeAtLeast([major, minor]) {
  const [foundMajor, foundMinor] = process.versions.node.split(".").map(Number);
  return foundMajor > major || (foundMajor === major && foundMinor >= minor);
}

function fail(message) {
  console.error(`lanweave: ${message}`);
  process.exitCode = EXIT_USAGE;
}
