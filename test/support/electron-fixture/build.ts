import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildElectron } from "../../../scripts/build-electron.ts";

const HERE = fileURLToPath(new URL(".", import.meta.url));

export interface BuiltApp {
  readonly root: string;
  remove(): void;
}

/** The real shell around the fixture's page and host, built into a folder of its own. */
export async function buildFixtureApp(): Promise<BuiltApp> {
  const root = mkdtempSync(join(tmpdir(), "lanweave-shell-"));
  const page = join(root, "dist/renderer");
  mkdirSync(page, { recursive: true });
  for (const name of ["index.html", "page.css", "page.js"]) cpSync(join(HERE, name), join(page, name));
  const manifest = {
    name: "lanweave",
    productName: "Lanweave",
    version: "0.0.1",
    type: "module",
    main: "dist/electron/main.js",
  };
  writeFileSync(join(root, "package.json"), JSON.stringify(manifest));
  await buildElectron({ outFolder: join(root, "dist/electron"), hostEntry: join(HERE, "host.ts") });
  return { root, remove: () => rmSync(root, { recursive: true, force: true }) };
}

/** The app the suite runs on: the packed one that `APP_ROOT` names, or else the shell around the fixture. */
export async function appUnderTest(): Promise<BuiltApp> {
  const root = process.env["APP_ROOT"];
  return root === undefined || root === "" ? buildFixtureApp() : { root, remove: () => undefined };
}
