import { mount } from "svelte";
import * as z from "zod/mini";
import type { LanweaveBridge } from "#core/ipc/bridge.ts";
import { defined } from "#core/base/assert.ts";
import "@xyflow/svelte/dist/base.css";
import "./ui/tokens.css";
import "./ui/base.css";
import Window from "./frame/window.svelte";
import { App } from "./stores/app.svelte.ts";
import { Client } from "./stores/client.ts";
import { bridgeTransport, webSocketTransport } from "./stores/transport.ts";

declare global {
  interface Window {
    readonly lanweave?: LanweaveBridge;
  }
}

// The page's Content-Security-Policy forbids making code from text, which the schema library would otherwise try.
z.config({ jitless: true });

const bridge = window.lanweave;
const open =
  bridge === undefined
    ? webSocketTransport(new URL("/ipc", location.href).href.replace(/^http/, "ws"))
    : bridgeTransport(bridge);
const client = new Client(open, (delayMs, callback) => {
  const timer = setTimeout(callback, delayMs);
  return () => clearTimeout(timer);
});
const app = new App(client);
client.connect();
addEventListener("online", () => client.connect());
mount(Window, { target: defined(document.getElementById("app") ?? undefined, "#app"), props: { app } });
