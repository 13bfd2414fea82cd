import type { LanweaveBridge } from "#core/ipc/bridge.ts";

/** What a transport tells the client. `onOpen` comes before any frame; after `onClose` nothing comes. */
export interface TransportListener {
  onOpen(): void;
  onFrame(frame: string): void;
  onClose(): void;
}

/** One connection to the coordinator. `close` is silent: its listener hears nothing more. */
export interface Transport {
  send(frame: string): void;
  close(): void;
}

export type OpenTransport = (listener: TransportListener) => Transport;

/** A WebSocket: the browser host. */
export function webSocketTransport(url: string): OpenTransport {
  return (listener) => {
    const socket = new WebSocket(url);
    let isOver = false;
    const end = (): void => {
      if (isOver) return;
      isOver = true;
      listener.onClose();
    };
    socket.addEventListener("open", () => !isOver && listener.onOpen());
    socket.addEventListener("message", (event) => {
      if (!isOver && typeof event.data === "string") listener.onFrame(event.data);
    });
    socket.addEventListener("close", end);
    socket.addEventListener("error", end);
    return {
      send: (frame) => socket.send(frame),
      close: () => {
        isOver = true;
        socket.close();
      },
    };
  };
}

/** The bridge of the desktop app, which is open as long as the page lives. */
export function bridgeTransport(bridge: LanweaveBridge): OpenTransport {
  return (listener) => {
    let isOver = false;
    const stop = bridge.onFrame((frame) => !isOver && listener.onFrame(frame));
    queueMicrotask(() => !isOver && listener.onOpen());
    return {
      send: (frame) => bridge.send(frame),
      close: () => {
        isOver = true;
        stop();
      },
    };
  };
}
