import type { Server } from "node:http";
import { Browser } from "./cdp.ts";
import { listen } from "./protocol.ts";

export interface Engine {
  readonly browser: Browser;
  readonly server: Server;
}

let engine: Promise<Engine> | undefined;

/** Chromium and the server of the app's schemes, started at first use. */
export function startEngine(): Promise<Engine> {
  engine ??= start();
  return engine;
}

/** Ends what was started; does nothing where nothing was. */
export async function stopEngine(): Promise<void> {
  if (engine === undefined) return;
  const { browser, server } = await engine;
  await browser.close();
  server.closeAllConnections();
  server.close();
}

async function start(): Promise<Engine> {
  const { server, port } = await listen();
  const browser = await Browser.launch(port);
  process.send?.({
    kind: "standin-chromium",
    port: browser.chromium.port,
    pid: browser.chromium.child.pid,
    profile: browser.chromium.profile,
  });
  return { browser, server };
}
