import { chmodSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import type { Server, Socket } from "node:net";
import type { Disposable } from "#core/base/dispose.ts";
import { MAX_FRAME_BYTES } from "#core/ipc/frames.ts";
import type { ServerFrame } from "#core/ipc/frames.ts";
import { readCoordinatorRecord } from "./data-folder.ts";
import type { DataFolder } from "./data-folder.ts";
import type { FrameChannel } from "./frame-channel.ts";
import { LineCutter } from "./frame-lines.ts";
import type { SessionHost } from "./session.ts";
import { socketPlace } from "./socket-place.ts";

/** Commands and programs that talk to one coordinator at once. */
export const MAX_LOCAL_CLIENTS = 64;
/** A client that leaves this much unread is given up: the session has been dropping patches for it long before. */
export const MAX_UNSENT_BYTES = 64 * 1024 * 1024;
const CONNECT_TIMEOUT_MS = 2_000;
/** The id of a failure that answers no request but tells why the conversation ends: clients count theirs from 1. */
const NO_REQUEST = 0;

export interface LocalServer extends Disposable {
  readonly socketPath: string;
}

/** Opens the coordinator's socket in a data folder that this process holds, and tells others where it is. */
export async function listenLocal(host: SessionHost, folder: DataFolder): Promise<LocalServer> {
  const socketPath = socketPlace(folder.path);
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: false }, (socket) => {
    if (sockets.size >= MAX_LOCAL_CLIENTS) {
      refuse(socket, "busy", `the coordinator already talks to ${MAX_LOCAL_CLIENTS} programs: end one of them`);
      return;
    }
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    converse(socket, host);
  });
  // Whoever held the folder before is gone, since we hold it now: its socket is only a name.
  if (process.platform !== "win32") rmSync(socketPath, { force: true });
  await listenPrivately(server, socketPath);
  folder.publish(socketPath);
  return {
    socketPath,
    dispose() {
      for (const socket of sockets) socket.end();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroySoon();
      return closed;
    },
  };
}

function listenPrivately(server: Server, socketPath: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject);
  // The folder is closed to others already; the mask closes the socket too, from its first moment.
  const mask = process.platform === "win32" ? null : process.umask(0o177);
  server.listen({ path: socketPath, readableAll: false, writableAll: false }, () => {
    server.off("error", reject);
    resolve();
  });
  if (mask !== null) process.umask(mask);
  return promise.then(() => {
    if (process.platform !== "win32") chmodSync(socketPath, 0o600);
  });
}

function converse(socket: Socket, host: SessionHost): void {
  let isOver = false;
  const session = host.open("command-line", {
    send(frame) {
      if (isOver) return;
      socket.write(`${frame}\n`);
      if (socket.writableLength > MAX_UNSENT_BYTES) socket.destroy();
    },
    unsentBytes: () => socket.writableLength,
    end: (reason) => refuse(socket, "ended", reason),
  });
  const cutter = new LineCutter(MAX_FRAME_BYTES, (line) => session.receive(line));
  socket.on("data", (chunk: Buffer) => {
    if (isOver || cutter.push(chunk)) return;
    isOver = true;
    refuse(socket, "frame-too-large", `a frame may have at most ${MAX_FRAME_BYTES} bytes`);
  });
  // A client that vanished is the ordinary end of a conversation; `close` follows.
  socket.on("error", () => {});
  socket.once("close", () => {
    isOver = true;
    session.close();
  });
}

function refuse(socket: Socket, code: string, message: string): void {
  const frame: ServerFrame = { kind: "failure", id: NO_REQUEST, error: { code, message } };
  socket.on("error", () => {});
  socket.end(`${JSON.stringify(frame)}\n`, () => socket.destroySoon());
}

/** The coordinator that holds `dataDir`, or null when none is to be found. */
export async function connectLocal(dataDir: string): Promise<FrameChannel | null> {
  const socketPath = readCoordinatorRecord(dataDir)?.socketPath ?? null;
  if (socketPath === null) return null;
  const socket = connect(socketPath);
  const { promise, resolve } = Promise.withResolvers<boolean>();
  socket.setTimeout(CONNECT_TIMEOUT_MS, () => resolve(false));
  socket.once("connect", () => resolve(true));
  socket.once("error", () => resolve(false));
  if (!(await promise)) {
    socket.destroy();
    return null;
  }
  socket.setTimeout(0);
  return toChannel(socket);
}

function toChannel(socket: Socket): FrameChannel {
  let deliver: (frame: string) => void = () => {};
  let ended: (reason: string) => void = () => {};
  let isClosed = false;
  let problem = "the coordinator closed the connection";
  const cutter = new LineCutter(MAX_UNSENT_BYTES, (line) => deliver(line));
  socket.on("data", (chunk: Buffer) => {
    if (cutter.push(chunk)) return;
    problem = `the coordinator sent a frame of more than ${MAX_UNSENT_BYTES} bytes`;
    socket.destroy();
  });
  socket.on("error", (error) => {
    problem = `the connection to the coordinator broke: ${error.message}`;
  });
  socket.once("close", () => {
    isClosed = true;
    ended(problem);
  });
  return {
    send: (frame) => void socket.write(`${frame}\n`),
    onFrame: (listener) => {
      deliver = listener;
    },
    onEnd: (listener) => {
      ended = listener;
      if (isClosed) queueMicrotask(() => listener(problem));
    },
    close: () => socket.destroySoon(),
  };
}
