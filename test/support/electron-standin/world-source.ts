import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";
import type { PreloadWorld } from "./world/preload.ts";

/** The page's own world, before any script of its own. */
export function pageWorldSource(secret: string, openBinding: string): string {
  return `(() => { ${bundled("page")}\nstandinWorld.start(${JSON.stringify(secret)}, ${JSON.stringify(openBinding)}); })();`;
}

/** The isolated world, with the preload script inside it. */
export function preloadWorldSource(world: PreloadWorld, preload: string): string {
  const script = `(require, process, module, exports) => {\n${preload}\n}`;
  return `(() => { ${bundled("preload")}\nstandinWorld.start(${JSON.stringify(world)}, ${script}); })();`;
}

function bundled(name: "page" | "preload"): string {
  const built = buildSync({
    entryPoints: [fileURLToPath(new URL(`world/${name}.ts`, import.meta.url))],
    bundle: true,
    write: false,
    format: "iife",
    globalName: "standinWorld",
    target: "chrome140",
  });
  const [file] = built.outputFiles;
  if (file === undefined) throw new Error(`esbuild made nothing of world/${name}.ts`);
  return file.text;
}
