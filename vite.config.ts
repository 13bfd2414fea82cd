import { fileURLToPath } from "node:url";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";

const root = fileURLToPath(new URL("renderer/", import.meta.url));

/** The window's page. Nothing is inlined, so that the page's Content-Security-Policy holds; paths are relative, so that any host can serve it. */
export default defineConfig({
  root,
  base: "./",
  plugins: [svelte({ configFile: false })],
  build: {
    target: "chrome140",
    outDir: fileURLToPath(new URL("dist/renderer/", import.meta.url)),
    emptyOutDir: true,
    assetsInlineLimit: 0,
    // Chrome reads what the polyfill is for, and the polyfill is an inline script.
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 2_000,
    // Whoever builds wants to read what is wrong, not how long the compiler took.
    rolldownOptions: { checks: { bundlerTimings: false } },
  },
  // The layout worker exports nothing: it is only ever started.
  worker: { rolldownOptions: { checks: { bundlerTimings: false, missingNameOptionForIifeExport: false } } },
});
