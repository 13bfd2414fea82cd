import { parseArgs } from "node:util";
import type { HostReply } from "#core/ipc/host-link.ts";
import { parseHostRequest } from "#core/ipc/host-link.ts";

// A small program in the coordinator's place: it keeps sessions, answers each frame with what it knows of it, and does
// on request what a coordinator does only in trouble.

const { values } = parseArgs({ options: { data: { type: "string" } } });
const sessions = new Set<string>();

process.parentPort.on("message", ({ data }: { data: unknown }) => {
  const request = parseHostRequest(data);
  if (!request.ok) throw new Error(request.error);
  switch (request.value.kind) {
    case "open":
      sessions.add(request.value.session);
      return;
    case "close":
      sessions.delete(request.value.session);
      return;
    case "quit":
      return process.exit(0);
    case "secret":
      throw new Error("the fixture asks for no secret");
    case "frame":
      return answer(request.value.session, request.value.frame);
  }
});

function answer(session: string, frame: string): void {
  if (frame === "fail") return fail();
  if (frame.startsWith("large ")) return send({ kind: "frame", session, frame: "x".repeat(Number(frame.slice(6))) });
  const state = { echo: frame, data: values.data, isOpen: sessions.has(session), sessions: sessions.size };
  send({ kind: "frame", session, frame: JSON.stringify(state) });
}

/** As a coordinator whose data folder is held by another one. */
function fail(): void {
  send({ kind: "failed", code: "fixture", message: "The fixture was asked to fail." });
  setImmediate(() => process.exit(1));
}

function send(reply: HostReply): void {
  process.parentPort.postMessage(reply);
}

send({ kind: "ready" });
