import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { connect as connectPlain } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { connect, type ConnectionOptions, createServer } from "node:tls";
import { appServerName } from "#core/pairing/names.ts";
import { FILES_PROTOCOL } from "#core/protocol/file-messages.ts";
import { keyOf, specOf, TestLink } from "#test/support/agent-link.ts";
import { makeWorld } from "#test/support/agent-world.ts";
import { makeOddCertificates } from "#test/support/odd-certificates.ts";

const BOUND_MS = 5_000;

/** How a connection ends on which a request is made at once: what was answered, and how long it took. */
function knock(port: number, options: ConnectionOptions): Promise<{ heard: string; ms: number }> {
  const begun = performance.now();
  return new Promise((resolve) => {
    let heard = "";
    const socket = connect({ rejectUnauthorized: false, minVersion: "TLSv1.3", ...options, port, host: "127.0.0.1" });
    socket.on("data", (chunk: Buffer) => (heard += chunk.toString("latin1")));
    socket.on("error", () => undefined);
    socket.on("close", () => resolve({ heard, ms: performance.now() - begun }));
    socket.on("secureConnect", () => {
      const line = options.ALPNProtocols === undefined ? HELLO : GET;
      socket.write(line);
    });
    socket.setTimeout(BOUND_MS, () => socket.destroy(new Error("it answers nothing and does not close")));
  });
}

const GET = `{"kind":"get","sha256":"${"0".repeat(64)}","offset":0}\n`;
const HELLO = '{"type":"lanweave","data":{"kind":"ping","nonce":1}}\f';

function say(port: number, text: string): Promise<number> {
  const begun = performance.now();
  return new Promise((resolve) => {
    const socket = connectPlain(port, "127.0.0.1", () => socket.write(text));
    socket.on("error", () => undefined);
    socket.on("close", () => resolve(performance.now() - begun));
    socket.setTimeout(BOUND_MS, () => socket.destroy());
    socket.resume();
  });
}

test("[FLEET-2] certificates of every wrong kind open neither link nor files of an agent, quickly, and honest apps notice nothing", async (context) => {
  const world = await makeWorld(context);
  const { agent, app } = world;
  const { app: id, certificatePem } = app.authority;
  const keyPem = await readFile(join(world.folder, "app", "trust", "authority-key.pem"), "utf8");
  const odd = await makeOddCertificates({ app: id, keyPem, certificatePem }, { kind: "app", app: id });
  const link = await world.connect();
  link.assign(specOf("a", "sleep 1; echo fine"));
  const servername = appServerName(id);
  const { port, linkPort } = agent.target;
  const callers: { readonly oddity: string; readonly options: ConnectionOptions }[] = [
    ...odd.map(({ oddity, key, cert }) => ({ oddity, options: { key, cert, servername } })),
    { oddity: "none", options: { servername } },
    {
      oddity: "TLS 1.2",
      options: {
        ...(await app.authority.clientCredential().then(toTls)),
        servername,
        minVersion: "TLSv1.2",
        maxVersion: "TLSv1.2",
      },
    },
  ];
  for (const { oddity, options } of callers) {
    const [first, second] = await Promise.all([
      knock(linkPort, options),
      knock(port, { ...options, ALPNProtocols: [FILES_PROTOCOL] }),
    ]);
    assert.equal(first.heard, "", `link: ${oddity}`);
    assert.doesNotMatch(second.heard, /missing|held|sending/, `files: ${oddity}`);
    assert.ok(Math.max(first.ms, second.ms) < BOUND_MS, `${oddity}: ${first.ms} and ${second.ms} ms`);
  }
  for (const text of ["GET / HTTP/1.1\r\nHost: agent\r\n\r\n", "SSH-2.0-OpenSSH_9.9\r\n", "\0".repeat(4_096)]) {
    assert.ok(Math.max(...(await Promise.all([say(port, text), say(linkPort, text)]))) < BOUND_MS, text.slice(0, 8));
  }
  const refusals = agent.log.all.filter((line) => line.includes('"msg":"refused'));
  // Told a few times for each kind and address, then only counted.
  assert.ok(refusals.length >= 8 && refusals.length <= 30, String(refusals.length));
  assert.ok(refusals.every((line) => line.includes('"reason":') || line.includes('"address":')));
  assert.equal((await link.outcome(keyOf("a"))).kind, "success");
});

function toTls({ keyPem, certificatePem }: { keyPem: string; certificatePem: string }): { key: string; cert: string } {
  return { key: keyPem, cert: certificatePem };
}

test("[FLEET-2] an app opens no link to who shows a certificate of a wrong kind, and says so quickly", async (context) => {
  const world = await makeWorld(context);
  const { agent, app } = world;
  const { app: id, certificatePem } = app.authority;
  const keyPem = await readFile(join(world.folder, "app", "trust", "authority-key.pem"), "utf8");
  const odd = await makeOddCertificates({ app: id, keyPem, certificatePem }, { kind: "agent", agent: agent.target.id });
  for (const { oddity, key, cert } of odd) {
    const server = createServer({ key, cert, minVersion: "TLSv1.3" }, (socket) => {
      socket.on("error", () => socket.destroy());
      socket.write('{"type":"lanweave","data":{"kind":"pong","nonce":1}}\f');
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const linkPort = typeof address === "object" && address !== null ? address.port : 0;
    const begun = performance.now();
    const link = new TestLink(app.links, { ...agent.target, linkPort });
    await link.until("end", () => link.closedWith, BOUND_MS).catch(() => undefined);
    assert.equal(link.isOpen, false, oddity);
    assert.match(link.closedWith?.code ?? "", /^(untrusted|refused)$/, `${oddity}: ${link.closedWith?.message}`);
    assert.ok(performance.now() - begun < BOUND_MS, oddity);
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }
});
