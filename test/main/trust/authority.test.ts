import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { chmod, readdir, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { DisposableStack } from "#core/base/dispose.ts";
import { openAuthority } from "#main/trust/authority.ts";
import { HandClock, makeFolder, random } from "../../agent/trust/fixtures.ts";

const DAY_MS = 86_400_000;

async function folderOf(t: TestContext): Promise<string> {
  const cleanup = new DisposableStack();
  t.after(() => cleanup.dispose());
  return makeFolder(cleanup);
}

test("[FLEET-2] an app keeps its authority over restarts, in files only its owner can read", async (t) => {
  const folder = await folderOf(t);
  const ports = { clock: new HandClock(), random };
  const [first, second] = [await openAuthority(folder, ports), await openAuthority(folder, ports)];
  assert.deepEqual([second.app, second.certificatePem, second.digest], [first.app, first.certificatePem, first.digest]);
  assert.match(first.app, /^[0-9a-f]{16}$/);
  const certificate = new X509Certificate(first.certificatePem);
  assert.deepEqual([certificate.ca, certificate.verify(certificate.publicKey)], [true, true]);
  assert.ok(certificate.validToDate.getTime() > ports.clock.now() + 3_640 * DAY_MS);
  assert.equal((await stat(join(folder, "trust"))).mode & 0o777, 0o700);
  for (const name of await readdir(join(folder, "trust"))) {
    assert.equal((await stat(join(folder, "trust", name))).mode & 0o777, 0o600, name);
  }
});

test("[FLEET-2] the app's own certificate is for clients only and made anew when less than 30 days remain", async (t) => {
  const clock = new HandClock();
  const authority = await openAuthority(await folderOf(t), { clock, random });
  const first = await authority.clientCredential();
  const certificate = new X509Certificate(first.certificatePem);
  assert.deepEqual(certificate.keyUsage, ["1.3.6.1.5.5.7.3.2"]);
  assert.equal(certificate.ca, false);
  assert.ok(certificate.subjectAltName?.includes(`URI:lanweave://app/${authority.app}`));
  clock.advance(59 * DAY_MS);
  assert.equal(await authority.clientCredential(), first);
  clock.advance(2 * DAY_MS);
  const second = await authority.clientCredential();
  assert.notEqual(second.certificatePem, first.certificatePem);
  assert.ok(new X509Certificate(second.certificatePem).verify(new X509Certificate(authority.certificatePem).publicKey));
});

test("[FLEET-2] a damaged authority is an error that names the file and what to do", async (t) => {
  const folder = await folderOf(t);
  const ports = { clock: new HandClock(), random };
  const other = await openAuthority(await folderOf(t), ports);
  await openAuthority(folder, ports);
  const certificate = join(folder, "trust", "authority-certificate.pem");
  for (const damaged of ["", "nonsense", other.certificatePem]) {
    await writeFile(certificate, damaged);
    await assert.rejects(
      openAuthority(folder, ports),
      new RegExp("authority-certificate.pem: expected .* Restore the folder"),
    );
  }
  await writeFile(join(folder, "trust", "authority-key.pem"), "nonsense");
  await assert.rejects(openAuthority(folder, ports), /authority-key.pem: expected .* Restore the folder/);
});

test("[FLEET-2] an authority's key that is missing, empty or readable by others is refused with what to do, and none is made", async (t) => {
  const folder = await folderOf(t);
  const ports = { clock: new HandClock(), random };
  await openAuthority(folder, ports);
  const key = join(folder, "trust", "authority-key.pem");
  if (process.platform !== "win32") {
    await chmod(key, 0o644);
    await assert.rejects(openAuthority(folder, ports), /authority-key.pem: .*mode 600.*found mode 644.*chmod 600/);
    await chmod(key, 0o600);
  }
  await writeFile(key, "");
  await assert.rejects(openAuthority(folder, ports), /authority-key.pem: expected .* Restore the folder/);
  await rm(key);
  await assert.rejects(openAuthority(folder, ports), /authority-key.pem: is missing.*Restore the folder/);
  assert.deepEqual(await readdir(join(folder, "trust")), ["authority-certificate.pem"]);
});
