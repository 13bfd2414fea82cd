import { parseArgs } from "node:util";
import { assertNever } from "#core/base/assert.ts";
import { type HostReply, type HostRequest, parseHostRequest } from "#core/ipc/host-link.ts";
import { startHost } from "./host.ts";
import { ShellVault } from "./key-vault.ts";
import type { CoordinatorHost, Session } from "./session.ts";

// The coordinator as a process of the desktop app: Electron's `utilityProcess` starts this file and talks to it over `parentPort`.

interface ParentPort {
  on(event: "message", listener: (event: { readonly data: unknown }) => void): void;
  postMessage(message: unknown): void;
}

function parentPort(): ParentPort {
  const port: unknown = Reflect.get(process, "parentPort");
  if (port === null || typeof port !== "object") {
    throw new Error("this program is started by the desktop app: to start a coordinator by hand use “lanweave serve”");
  }
  return port as ParentPort;
}

const port = parentPort();
const reply = (message: HostReply): void => port.postMessage(message);
const sessions = new Map<string, Session>();

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { data: { type: "string" } }, strict: false });
  const dataDir = typeof values.data === "string" ? values.data : "";
  const vault = new ShellVault(reply, process.env["LANWEAVE_PLAIN_KEY"] === "1");
  const starting = startHost({ dataDir, appName: null, discovery: true, vault });
  // From now on: the app's key may have to be asked for before there is a coordinator. The shell sends nothing else until then.
  port.on("message", ({ data }) => {
    const request = parse(data);
    if (request?.kind === "secret") vault.answered(request.id, request.text);
    else if (request !== null) void starting.then((host) => take(host, request)).catch(() => undefined);
  });
  const host = await starting;
  void host.ended.then(() => quit(host));
  reply({ kind: "ready" });
}

function parse(data: unknown): HostRequest | null {
  const request = parseHostRequest(data);
  if (request.ok) return request.value;
  process.stderr.write(`${request.error}\n`);
  return null;
}

function take(host: CoordinatorHost, request: Exclude<HostRequest, { kind: "secret" }>): void {
  switch (request.kind) {
    case "open":
      sessions.get(request.session)?.close();
      sessions.set(request.session, open(host, request.session));
      return;
    case "frame":
      sessions.get(request.session)?.receive(request.frame);
      return;
    case "close":
      sessions.get(request.session)?.close();
      sessions.delete(request.session);
      return;
    case "quit":
      void quit(host);
      return;
    default:
      assertNever(request);
  }
}

function open(host: CoordinatorHost, session: string): Session {
  return host.open("window", {
    send: (frame) => reply({ kind: "frame", session, frame }),
    // Messages between processes of one app are not held back; Electron's main process bounds what a window has not taken.
    unsentBytes: () => 0,
    end: () => void sessions.delete(session),
  });
}

async function quit(host: CoordinatorHost): Promise<void> {
  await host.dispose();
  process.exit(0);
}

main().catch((error: unknown) => {
  const code = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "internal";
  reply({ kind: "failed", code, message: error instanceof Error ? error.message : String(error) });
  process.exitCode = 1;
});
