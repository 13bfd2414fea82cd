import { decode, encode } from "../codec.ts";
import { field, listField, textField } from "../read.ts";
import { BridgeHalf } from "./bridge-half.ts";

// What a sandboxed preload script finds: `require("electron")` with two modules of it, a small `process`, and no more.

export interface PreloadWorld {
  readonly secret: string;
  readonly binding: string;
  readonly deliver: string;
  readonly platform: string;
}

type Listener = (event: unknown, ...parameters: readonly unknown[]) => void;
type Preload = (require: (name: string) => unknown, process: object, module: object, exports: object) => void;

export function start(world: PreloadWorld, preload: Preload): void {
  if (window !== window.top) return;
  const bridge = new BridgeHalf(`${world.secret}-preload`, `${world.secret}-page`, () => {
    throw new Error("a page exposes nothing to its preload script");
  });
  const contextBridge = complete("contextBridge", {
    exposeInMainWorld: (name: string, value: unknown) => bridge.post({ kind: "expose", name, value }),
  });
  const electron = complete("electron", { contextBridge, ipcRenderer: ipcRenderer(world) });
  const module = { exports: {} };
  const process = complete("process", {
    platform: world.platform,
    type: "renderer",
    sandboxed: true,
    contextIsolated: true,
  });
  preload((name) => requireModule(name, electron), process, module, module.exports);
}

function requireModule(name: string, electron: object): object {
  if (["electron", "electron/renderer", "electron/common"].includes(name)) return electron;
  throw new Error(`module not found: ${name} (a sandboxed preload script has only electron)`);
}

function ipcRenderer(world: PreloadWorld): object {
  const wire: unknown = Reflect.get(globalThis, world.binding);
  Reflect.deleteProperty(globalThis, world.binding);
  if (typeof wire !== "function") throw new Error("the stand-in's binding is missing");
  const listeners = new Map<string, Listener[]>();
  Reflect.set(globalThis, world.deliver, (text: string) => {
    const message = decode(text);
    for (const listener of [...(listeners.get(textField(message, "channel")) ?? [])]) {
      listener({ ports: [] }, ...listField(message, "parameters"));
    }
  });
  return complete("ipcRenderer", {
    send: (channel: string, ...parameters: readonly unknown[]) => void wire(encode({ channel, parameters })),
    on: (channel: string, listener: Listener) => {
      listeners.set(channel, [...(listeners.get(channel) ?? []), listener]);
    },
    removeListener: (channel: string, listener: Listener) => {
      const left = (listeners.get(channel) ?? []).filter((candidate) => candidate !== listener);
      listeners.set(channel, left);
    },
  });
}

/** An object on which a missing property is an error with its name. */
function complete(name: string, object: object): object {
  return new Proxy(object, {
    get(target, key) {
      if (key in target || typeof key === "symbol") return field(target, String(key));
      throw new Error(`the Electron stand-in has no ${name}.${key} in a preload script`);
    },
  });
}
