import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import {
  chmod,
  chown,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  truncate,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { openIdentity } from "#agent/trust/identity.ts";
import { MAX_PAIRINGS, openPairings, type Pairing, type PairingChange } from "#agent/trust/pairings.ts";
import { DisposableStack } from "#core/base/dispose.ts";
import type { AppId, EpochMs } from "#core/model/id.ts";
import { HandClock, makeFolder, random } from "./fixtures.ts";

const PORTS = { clock: new HandClock(), random };
const PEM = await somePem();

async function somePem(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "lanweave-trust-"));
  const { credential } = await openIdentity(folder, PORTS);
  await rm(folder, { recursive: true });
  return credential.certificatePem;
}

async function folderOf(t: TestContext): Promise<string> {
  const cleanup = new DisposableStack();
  t.after(() => cleanup.dispose());
  return makeFolder(cleanup);
}

function pairing(number: number): Pairing {
  const app = number.toString(16).padStart(16, "0") as AppId;
  return { app, appName: "desk", authorityPem: PEM, certificatePem: PEM, pairedAt: number as EpochMs };
}

test("[FLEET-2] an agent keeps its identity over restarts, in files only its owner can read", async (t) => {
  const folder = await folderOf(t);
  const first = await openIdentity(folder, PORTS);
  const second = await openIdentity(folder, PORTS);
  assert.deepEqual([second.id, second.fingerprint], [first.id, first.fingerprint]);
  assert.match(first.fingerprint, /^[0-9a-f]{64}$/);
  assert.equal(first.id, first.fingerprint.slice(0, 16));
  const mode = async (path: string): Promise<number> => (await stat(path)).mode & 0o777;
  assert.deepEqual(await readdir(join(folder, "trust")), ["agent-key.pem"]);
  assert.equal(await mode(join(folder, "trust")), 0o700);
  assert.equal(await mode(join(folder, "trust", "agent-key.pem")), 0o600);
});

test("[FLEET-2] a folder that others could enter is closed to them", async (t) => {
  const folder = await folderOf(t);
  await openIdentity(folder, PORTS);
  await chmod(join(folder, "trust"), 0o755);
  await openIdentity(folder, PORTS);
  assert.equal((await stat(join(folder, "trust"))).mode & 0o777, 0o700);
});

test("[FLEET-2] a damaged key is an error that names the file and what to do, and is left as it is", async (t) => {
  const folder = await folderOf(t);
  const path = join(folder, "trust", "agent-key.pem");
  await openIdentity(folder, PORTS);
  const other = generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  for (const damaged of ["", "not a key", other, (await readFile(path, "utf8")).slice(0, 60)]) {
    await writeFile(path, damaged);
    await assert.rejects(openIdentity(folder, PORTS), (error: Error) => {
      assert.ok(error.message.includes(path));
      assert.match(error.message, /Restore it from a backup/);
      return true;
    });
    assert.equal(await readFile(path, "utf8"), damaged);
  }
});

test("[FLEET-2] pairings are told to listeners, replaced by app, and limited", async (t) => {
  const folder = await folderOf(t);
  const pairings = await openPairings(folder);
  const changes: string[] = [];
  const watch = pairings.onChange((change: PairingChange) => changes.push(change.kind));
  await pairings.add(pairing(2));
  await pairings.add({ ...pairing(1), appName: "old" });
  await pairings.add(pairing(1));
  assert.deepEqual(pairings.list(), [pairing(1), pairing(2)]);
  assert.equal(await pairings.remove(pairing(1).app), true);
  assert.equal(await pairings.remove(pairing(1).app), false);
  void watch.dispose();
  for (let number = 3; number < 2 + MAX_PAIRINGS; number++) await pairings.add(pairing(number));
  await assert.rejects(pairings.add(pairing(1000)), /the most there may be/);
  assert.deepEqual(changes, ["added", "added", "added", "removed"]);
  assert.deepEqual((await openPairings(folder)).list(), pairings.list());
  const path = join(folder, "trust", "pairings", `${pairing(2).app}.json`);
  assert.equal((await stat(path)).mode & 0o777, 0o600);
});

test("[FLEET-2] a damaged pairing is an error that names the file", async (t) => {
  const folder = await folderOf(t);
  await (await openPairings(folder)).add(pairing(1));
  const path = join(folder, "trust", "pairings", `${pairing(1).app}.json`);
  for (const damaged of [
    "",
    "{",
    "[]",
    "null",
    JSON.stringify(pairing(2)),
    JSON.stringify({ ...pairing(1), authorityPem: 1 }),
    JSON.stringify({ ...pairing(1), certificatePem: PEM.slice(0, 300) }),
    JSON.stringify(pairing(1)).slice(0, 400),
  ]) {
    await writeFile(path, damaged);
    await assert.rejects(openPairings(folder), new RegExp(`${pairing(1).app}.json.*pair with that app again`));
  }
});

test("[FLEET-2] a key that others can read, or that is another user's, a link or far too large is refused with what to do", async (t) => {
  if (process.platform === "win32") return t.skip("Windows has no modes");
  const folder = await folderOf(t);
  await openIdentity(folder, PORTS);
  const path = join(folder, "trust", "agent-key.pem");
  for (const mode of [0o640, 0o604, 0o666]) {
    await chmod(path, mode);
    await assert.rejects(openIdentity(folder, PORTS), (error: Error) => {
      assert.ok(error.message.includes(path));
      assert.match(error.message, new RegExp(`mode 600.*found mode ${mode.toString(8)}.*chmod 600`));
      return true;
    });
  }
  await chmod(path, 0o600);
  await rename(path, `${path}.real`);
  await symlink(`${path}.real`, path);
  await assert.rejects(openIdentity(folder, PORTS), /agent-key.pem: expected a file, found a link/);
  await rm(path);
  await rename(`${path}.real`, path);
  await truncate(path, 300_000);
  await assert.rejects(openIdentity(folder, PORTS), /expected at most 262144 bytes/);
  if (process.getuid?.() !== 0) return t.diagnostic("only root can give a file away: not tried");
  await truncate(path, 10);
  await chown(path, 12_345, 12_345);
  await assert.rejects(openIdentity(folder, PORTS), /found user 12345/);
  await chown(join(folder, "trust"), 12_345, 12_345);
  await assert.rejects(openIdentity(folder, PORTS), /trust: expected it to belong to the user who starts this/);
});

test("[FLEET-2] a pairing that others can read is refused", async (t) => {
  if (process.platform === "win32") return t.skip("Windows has no modes");
  const folder = await folderOf(t);
  await (await openPairings(folder)).add(pairing(1));
  await chmod(join(folder, "trust", "pairings", `${pairing(1).app}.json`), 0o644);
  await assert.rejects(openPairings(folder), /mode 600.*found mode 644/);
});

test("[FLEET-2] a key that is gone although there are pairings is not replaced in silence", async (t) => {
  const folder = await folderOf(t);
  await openIdentity(folder, PORTS);
  await (await openPairings(folder)).add(pairing(1));
  await rm(join(folder, "trust", "agent-key.pem"));
  await assert.rejects(
    openIdentity(folder, PORTS),
    /agent-key.pem: is missing.*paired \(1\).*Restore it from a backup/,
  );
  assert.deepEqual(await readdir(join(folder, "trust")), ["pairings"]);
});
