import type { SessionHost } from "./session.ts";

/** A client's end of a conversation with a coordinator, wherever that runs. */
export interface FrameChannel {
  send(frame: string): void;
  /** Called with every frame, in order, never from within `send`. Set before the first `send`. */
  onFrame(listener: (frame: string) => void): void;
  /** Called once, with what ended it. */
  onEnd(listener: (reason: string) => void): void;
  close(): void;
}

/** A conversation with a coordinator of this very process. */
export function openInProcess(host: SessionHost, client: string): FrameChannel {
  let frames: string[] = [];
  let queuedBytes = 0;
  let deliver: (frame: string) => void = () => {};
  let ended: (reason: string) => void = () => {};
  let isOpen = true;
  const flush = (): void => {
    const batch = frames;
    frames = [];
    queuedBytes = 0;
    for (const frame of batch) deliver(frame);
  };
  const end = (reason: string): void => {
    if (!isOpen) return;
    isOpen = false;
    setImmediate(() => ended(reason));
  };
  const session = host.open(client, {
    send(frame) {
      if (frames.length === 0) setImmediate(flush);
      frames.push(frame);
      queuedBytes += frame.length;
    },
    unsentBytes: () => queuedBytes,
    end,
  });
  return {
    send: (frame) => {
      if (isOpen) session.receive(frame);
    },
    onFrame: (listener) => {
      deliver = listener;
    },
    onEnd: (listener) => {
      ended = listener;
    },
    close() {
      if (!isOpen) return;
      session.close();
      end("closed");
    },
  };
}
