/** One row of the import table: what the files of a folder may import beside their own folder. */
export interface ImportRow {
  /** A folder, or a file. The longest match counts. */
  readonly from: string;
  /**
   * Folders of the repository; `types:FOLDER` for type imports only; `node:` for Node's modules; `npm` for any package but `electron`;
   * anything else is the name of a package (`@noble/*` for a scope).
   */
  readonly may: readonly string[];
}

const OUTSIDE = ["node:", "npm"];
const MAIN_WITHOUT_ELECTRON = [
  "main/coordinator",
  "main/persistence",
  "main/discovery",
  "main/transport",
  "main/trust",
  "main/host",
];

/** Who may import whom. Anything not listed is an error. ARCHITECTURE.md shows this table: `node scripts/check-imports.ts --write`. */
export const IMPORT_TABLE: readonly ImportRow[] = [
  { from: "core/base", may: [] },
  { from: "core/model", may: ["core/base"] },
  { from: "core/ports", may: ["core/base", "types:core/model", "types:core/protocol", "types:core/ipc"] },
  { from: "core/expression", may: ["core/base", "core/model", "@marcbachmann/cel-js"] },
  { from: "core/workflow-file", may: ["core/base", "core/model", "core/expression", "yaml", "zod"] },
  { from: "core/pairing", may: ["core/base", "core/model", "@noble/*"] },
  { from: "core/nodes", may: ["core/base", "core/model", "core/expression"] },
  { from: "core/fleet", may: ["core/base", "core/model"] },
  {
    from: "core/engine",
    may: ["core/base", "core/model", "core/expression", "core/nodes", "core/fleet", "@noble/hashes"],
  },
  { from: "core/monitoring", may: ["core/base", "core/model", "yaml"] },
  { from: "core/view", may: ["core/base", "core/model"] },
  { from: "core/protocol", may: ["core/base", "core/model", "zod"] },
  { from: "core/ipc", may: ["core/base", "core/model", "zod"] },
  // What the app and the agent both need of the machine they run on.
  { from: "system", may: ["core", ...OUTSIDE] },
  { from: "main/coordinator", may: ["core"] },
  { from: "main/persistence", may: ["core", "system", ...OUTSIDE] },
  { from: "main/discovery", may: ["core", ...OUTSIDE] },
  { from: "main/transport", may: ["core", "system", ...OUTSIDE] },
  { from: "main/trust", may: ["core", "system", ...OUTSIDE] },
  { from: "main/electron", may: ["core/base", "core/model", "core/ipc", "node:", "electron"] },
  { from: "main/host", may: ["core", "system", ...MAIN_WITHOUT_ELECTRON, ...OUTSIDE] },
  { from: "main/serve", may: ["core", ...MAIN_WITHOUT_ELECTRON, ...OUTSIDE] },
  { from: "main/cli", may: ["core", ...MAIN_WITHOUT_ELECTRON, "main/serve", ...OUTSIDE] },
  { from: "main/sdk", may: ["core", "system", ...MAIN_WITHOUT_ELECTRON, "main/cli", ...OUTSIDE] },
  { from: "agent/connection", may: ["core"] },
  { from: "agent/runner", may: ["core", "system", ...OUTSIDE] },
  { from: "agent/spawner", may: ["core", ...OUTSIDE] },
  // It runs with next to nothing allowed to be read, so it takes types only.
  { from: "agent/script", may: ["types:core/base", "types:core/model", "node:"] },
  { from: "agent/files", may: ["core", "system", ...OUTSIDE] },
  { from: "agent/adapters", may: ["core", "system", ...OUTSIDE] },
  { from: "agent/trust", may: ["core", "system", ...OUTSIDE] },
  { from: "agent/advertise", may: ["core", ...OUTSIDE] },
  { from: "agent", may: ["core", "system", "agent", ...OUTSIDE] },
  {
    from: "renderer",
    may: [
      "core/base",
      "core/model",
      "core/ipc",
      "core/view",
      "core/workflow-file",
      "core/monitoring",
      "svelte",
      "@xyflow/svelte",
      "elkjs",
      "bits-ui",
      "uplot",
      "@codemirror/*",
      "@lezer/highlight",
      "yaml",
      "zod",
    ],
  },
  { from: "bin", may: ["core", "system", "main", "agent", "scripts", ...OUTSIDE] },
  { from: "scripts", may: ["core", ...OUTSIDE] },
  { from: "types", may: OUTSIDE },
  {
    from: "test",
    may: ["core", "system", "main", "agent", "renderer", "bin", "scripts", "bench", "electron", ...OUTSIDE],
  },
  {
    from: "bench",
    may: ["core", "system", "main", "agent", "renderer", "bin", "scripts", "test", "electron", ...OUTSIDE],
  },
  { from: "examples", may: OUTSIDE },
  { from: "vite.config.ts", may: OUTSIDE },
];
