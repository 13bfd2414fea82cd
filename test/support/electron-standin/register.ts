import { registerHooks } from "node:module";

// Loaded with `node --import` before the app: from here on `electron` is the stand-in.

const standin = new URL("index.ts", import.meta.url).href;
const names = new Set(["electron", "electron/main", "electron/common"]);

registerHooks({
  resolve: (specifier, context, next) =>
    names.has(specifier) ? { url: standin, shortCircuit: true } : next(specifier, context),
});
