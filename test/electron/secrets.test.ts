import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { type HostReply, parseHostReply } from "#core/ipc/host-link.ts";
import { answerSecret } from "#main/electron/secrets.ts";
import { temporaryFolder } from "#test/support/fleet.ts";
import { safeStorage } from "../support/electron-standin/system.ts";
import { UtilityProcess } from "../support/electron-standin/utility-process.ts";

const HOST = resolve(import.meta.dirname, "../../main/host/utility.ts");
const log = { warn: () => undefined };

/** Runs the real coordinator process as the shell does, until it is ready or has failed; then it is ended. */
async function startOnce(data: string): Promise<Exclude<HostReply, { kind: "frame" | "secret" }>> {
  const child = new UtilityProcess(HOST, ["--data", data], { stdio: "pipe" });
  const exited = new Promise<void>((done) => child.once("exit", () => done()));
  const outcome = await new Promise<Exclude<HostReply, { kind: "frame" | "secret" }>>((done) => {
    child.on("message", (message: unknown) => {
      const reply = parseHostReply(message);
      if (!reply.ok || reply.value.kind === "frame") return;
      if (reply.value.kind !== "secret") return done(reply.value);
      child.postMessage({ kind: "secret", id: reply.value.id, text: answerSecret(safeStorage, log, reply.value) });
    });
  });
  if (outcome.kind === "ready") child.postMessage({ kind: "quit" });
  else child.kill();
  await exited;
  return outcome;
}

test("[FLEET-2] in the desktop app the key of the authority is under the system's protection, where there is one", async (context) => {
  const data = join(temporaryFolder(context), "data");
  const names = (): string[] => readdirSync(join(data, "trust")).sort();
  const set = (name: string, value: string | undefined): void => {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  };
  context.after(() => {
    set("ELECTRON_STANDIN_KEYRING", undefined);
    set("LANWEAVE_PLAIN_KEY", undefined);
  });
  set("ELECTRON_STANDIN_KEYRING", "basic_text");
  assert.deepEqual(await startOnce(data), { kind: "ready" });
  assert.deepEqual(names(), ["authority-certificate.pem", "authority-key.pem"]);
  set("ELECTRON_STANDIN_KEYRING", undefined);
  assert.deepEqual(await startOnce(data), { kind: "ready" });
  assert.deepEqual(names(), ["authority-certificate.pem", "authority-key.sealed"]);
  set("ELECTRON_STANDIN_KEYRING", "locked");
  const failed = await startOnce(data);
  assert.ok(failed.kind === "failed" && failed.code === "trust-file");
  assert.match(failed.message, /Unlock the keyring/);
  set("ELECTRON_STANDIN_KEYRING", undefined);
  set("LANWEAVE_PLAIN_KEY", "1");
  assert.deepEqual(await startOnce(data), { kind: "ready" });
  assert.deepEqual(names(), ["authority-certificate.pem", "authority-key.pem"]);
});
