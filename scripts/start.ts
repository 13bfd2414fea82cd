import { spawn } from "node:child_process";
import path from "node:path";
import { build, needsBuild } from "./build.ts";
import { fetchElectronBinaryOnce, findElectronBinary, hasDisplay } from "./electron-binary.ts";
import { exitCode, startLanweave } from "./lanweave-process.ts";

// `npm start`: the desktop window where Electron's binary and a display are, otherwise the same window in a browser.
// `-- --browser` asks for the browser, `-- --check` starts, looks whether the window is served, and ends.

const ROOT = path.resolve(import.meta.dirname, "..");
const CHECK_DEADLINE_MS = 30_000;

const parameters = process.argv.slice(2);
const isCheck = parameters.includes("--check");
const wantsBrowser = isCheck || parameters.includes("--browser");
const passedOn = parameters.filter((one) => one !== "--check" && one !== "--browser");

if (needsBuild()) await build({ quiet: true });
process.exitCode = isCheck ? await check() : await start();

async function start(): Promise<number> {
  const electron = wantsBrowser ? null : await electronBinary();
  if (electron === null)
    return exitCode(
      startForPeople(process.execPath, [path.join(ROOT, "bin/lanweave.js"), "serve", "--open", ...passedOn]),
    );
  return exitCode(startForPeople(electron, [ROOT, ...passedOn]));
}

/** Null, after one line that says why, when the desktop window cannot be shown here. */
async function electronBinary(): Promise<string | null> {
  if (!hasDisplay()) {
    console.error("No display here: the window is served to a browser instead.");
    return null;
  }
  const found = findElectronBinary();
  if (found !== undefined) return found;
  console.error("Fetching Electron's binary, once …");
  const fetched = await fetchElectronBinaryOnce();
  if (fetched.ok) return fetched.binary;
  console.error(`${fetched.reason}: the window is served to a browser instead.`);
  return null;
}

function startForPeople(program: string, args: readonly string[]): ReturnType<typeof spawn> {
  const child = spawn(program, args, { cwd: ROOT, stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => child.kill(signal));
  return child;
}

/** Serves the window on a free port, fetches it as a browser would, and ends it. */
async function check(): Promise<number> {
  const { promise: address, resolve } = Promise.withResolvers<string>();
  const child = startLanweave(["serve", "--port", "0", ...passedOn], (line) => {
    const match = /https?:\/\/\S+/.exec(line);
    if (match !== null) resolve(match[0]);
  });
  const ended = exitCode(child);
  const deadline = setTimeout(() => child.kill("SIGKILL"), CHECK_DEADLINE_MS);
  const found = await Promise.race([address, ended.then(() => null)]);
  const isServed = found !== null && (await isWindow(found));
  child.kill("SIGTERM");
  await ended;
  clearTimeout(deadline);
  console.log(isServed ? `the window is served at ${String(found).replace(/\?.*/, "")}` : "the window is not served");
  return isServed ? 0 : 1;
}

async function isWindow(address: string): Promise<boolean> {
  const entrance = await fetch(address, { redirect: "manual" });
  const cookie = entrance.headers.get("set-cookie")?.split(";")[0] ?? "";
  const page = await fetch(new URL("/", address), { headers: { cookie } });
  const html = await page.text();
  const script = /src="([^"]+\.js)"/.exec(html)?.[1];
  if (!page.ok || script === undefined) return false;
  return (await fetch(new URL(script, address), { headers: { cookie } })).ok;
}
