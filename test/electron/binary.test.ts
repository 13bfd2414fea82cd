import assert from "node:assert/strict";
import { once } from "node:events";
import type { RequestListener } from "node:http";
import { createServer } from "node:http";
import { describe, test } from "node:test";
import { fetchElectronBinaryOnce, findElectronBinary, hasDisplay } from "../../scripts/electron-binary.ts";

const isThere = findElectronBinary() !== undefined && "Electron's binary is installed: nothing is to be fetched";

/** Runs with a mirror of Electron's downloads that answers as told; afterwards the setting is as it was. */
async function withMirror(answer: RequestListener, run: () => Promise<void>): Promise<void> {
  const server = createServer(answer);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const before = process.env["ELECTRON_MIRROR"];
  process.env["ELECTRON_MIRROR"] = `http://127.0.0.1:${port}/`;
  try {
    await run();
  } finally {
    if (before === undefined) delete process.env["ELECTRON_MIRROR"];
    else process.env["ELECTRON_MIRROR"] = before;
    server.closeAllConnections();
    server.close();
  }
}

describe("Electron's binary", { skip: isThere }, () => {
  test("[DESK-12] a mirror that has it not gives one line with the reason, each time anew", () =>
    withMirror(
      (_request, response) => response.writeHead(404).end(),
      async () => {
        for (let time = 0; time < 2; time += 1) {
          const fetched = await fetchElectronBinaryOnce();
          const reason = fetched.ok ? "" : fetched.reason;
          assert.match(reason, /^Electron's binary could not be fetched: .*404.*$/);
        }
      },
    ));

  test("[DESK-12] a mirror that does not answer is given up at the deadline", () =>
    withMirror(
      () => undefined,
      async () => {
        const reason = "Electron's binary was not there after 1.5 s";
        assert.deepEqual(await fetchElectronBinaryOnce(1_500), { ok: false, reason });
      },
    ));

  test(
    "[DESK-12] without an X or Wayland server named there is no display",
    { skip: process.platform !== "linux" && "not Linux" },
    () => {
      const names = ["DISPLAY", "WAYLAND_DISPLAY"] as const;
      const before = names.map((name) => process.env[name]);
      try {
        for (const name of names) delete process.env[name];
        assert.equal(hasDisplay(), false);
        process.env["WAYLAND_DISPLAY"] = "wayland-0";
        assert.equal(hasDisplay(), true);
      } finally {
        names.forEach((name, index) => {
          const value = before[index];
          if (value === undefined) delete process.env[name];
          else process.env[name] = value;
        });
      }
    },
  );
});
