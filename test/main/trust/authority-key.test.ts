import assert from "node:assert/strict";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { DisposableStack } from "#core/base/dispose.ts";
import type { KeyVault } from "#core/ports/trust.ts";
import { openAuthority } from "#main/trust/authority.ts";
import { HandClock, makeFolder, MemoryLog, random } from "../../agent/trust/fixtures.ts";

/** The protection of one user: what it sealed, and only that, it opens. */
function vaultOf(user: string, more: Partial<KeyVault> = {}): KeyVault {
  return {
    isLeft: false,
    seal: (text) => Promise.resolve(Buffer.from(`${user}:${text}`).toString("base64")),
    open: (sealed) => {
      const text = Buffer.from(sealed, "base64").toString();
      return Promise.resolve(text.startsWith(`${user}:`) ? text.slice(user.length + 1) : null);
    },
    ...more,
  };
}

async function folderOf(t: TestContext): Promise<string> {
  const cleanup = new DisposableStack();
  t.after(() => cleanup.dispose());
  return makeFolder(cleanup);
}

const clock = new HandClock();
const names = async (folder: string): Promise<string[]> => (await readdir(join(folder, "trust"))).sort();

test("[FLEET-2] an authority's key moves under the system's protection, keeps its identity, and can be taken out again", async (t) => {
  const folder = await folderOf(t);
  const log = new MemoryLog();
  const plain = await openAuthority(folder, { clock, random, log });
  const sealed = await openAuthority(folder, { clock, random, log, vault: vaultOf("me") });
  assert.equal(sealed.app, plain.app);
  assert.deepEqual(await names(folder), ["authority-certificate.pem", "authority-key.sealed"]);
  assert.doesNotMatch(await readFile(join(folder, "trust", "authority-key.sealed"), "utf8"), /PRIVATE KEY/);
  assert.equal((await openAuthority(folder, { clock, random, vault: vaultOf("me") })).app, plain.app);
  await assert.rejects(
    openAuthority(folder, { clock, random }),
    /authority-key.sealed: .*Start that.*LANWEAVE_PLAIN_KEY=1/,
  );
  await assert.rejects(
    openAuthority(folder, { clock, random, vault: vaultOf("somebody else") }),
    /authority-key.sealed: the system does not open the app's key. Unlock the keyring/,
  );
  const left = await openAuthority(folder, { clock, random, log, vault: vaultOf("me", { isLeft: true }) });
  assert.equal(left.app, plain.app);
  assert.deepEqual(await names(folder), ["authority-certificate.pem", "authority-key.pem"]);
  assert.equal((await openAuthority(folder, { clock, random })).app, plain.app);
});

test("[FLEET-2] without the system's protection, or when it does not give back what it took, the key stays in its file", async (t) => {
  const folder = await folderOf(t);
  const log = new MemoryLog();
  const none = vaultOf("me", { seal: () => Promise.resolve(null) });
  const first = await openAuthority(folder, { clock, random, log, vault: none });
  assert.match(log.text, /the system offers no protection/);
  const forgetful = vaultOf("me", { open: () => Promise.resolve("something else") });
  assert.equal((await openAuthority(folder, { clock, random, log, vault: forgetful })).app, first.app);
  assert.match(log.text, /cannot be opened again/);
  assert.deepEqual(await names(folder), ["authority-certificate.pem", "authority-key.pem"]);
});

test("[FLEET-2] a damaged sealed key is refused by its name, and none is made in its place", async (t) => {
  const folder = await folderOf(t);
  const vault = vaultOf("me");
  await openAuthority(folder, { clock, random, vault });
  for (const damaged of ["", "!", Buffer.from("me:nonsense").toString("base64")]) {
    await writeFile(join(folder, "trust", "authority-key.sealed"), damaged);
    await assert.rejects(openAuthority(folder, { clock, random, vault }), /authority-key.sealed: .*Restore the folder/);
  }
  assert.deepEqual(await names(folder), ["authority-certificate.pem", "authority-key.sealed"]);
});
