import { parseArgs } from "node:util";
import { assertNever } from "#core/base/assert.ts";
import { type HostReply, type HostRequest, parseHostRequest } from "#core/ipc/host-link.ts";
import { startHost } from "./host.ts";
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
  const host = await startHost({ dataDir, appName: null, discovery: true });
  port.on("message", ({ data }) => handle(host, data));
  void host.ended.then(() => quit(host));
  reply({ kind: "ready" });
}

function handle(host: CoordinatorHost, data: unknown): void {
  const request = parseHostRequest(data);
  if (!request.ok) {
    process.stderr.write(`${request.error}\n`);
    return;
  }
  take(host, request.value);
}

function take(host: CoordinatorHost, request: HostRequest): void {
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
