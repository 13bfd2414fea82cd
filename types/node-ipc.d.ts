// node-ipc 14.0.0 comes without types. What is declared here is what its sources do, as far as we use it.
declare module "node-ipc" {
  import type { ConnectionOptions, Server as TlsServer, TLSSocket, TlsOptions } from "node:tls";

  interface Config {
    id: string;
    silent: boolean;
    parser: "assured" | typeof AssuredParser;
    allowedEvents: readonly string[];
    maxMessageSize: number;
    maxPendingBytes: number;
    maxConnections: number;
    messageTimeout: number;
    maxRetries: number;
    stopRetrying: boolean;
    networkHost: string;
    tls: TlsOptions | ConnectionOptions;
  }

  interface NodeIpcServer {
    /** Set by `start`. */
    readonly server: TlsServer;
    start(): void;
    stop(): void;
    on(event: string, listener: (data: unknown, socket: TLSSocket) => void): unknown;
    emit(socket: TLSSocket, event: string, data: unknown): boolean;
  }

  interface NodeIpcClient {
    readonly socket: TLSSocket;
    on(event: string, listener: (data: unknown) => void): unknown;
    emit(event: string, data: unknown): boolean;
  }

  class IPCModule {
    readonly config: Config;
    readonly server: NodeIpcServer;
    readonly of: Record<string, NodeIpcClient | undefined>;
    serveNet(host: string, port: number, started: () => void): void;
    connectToNet(id: string, host: string, port: number): void;
    disconnect(id: string): void;
  }

  class AssuredParser {
    readonly delimiter: string;
    /** Takes one piece of a stream; what it returns comes back with the next piece of that stream. */
    read(rest: unknown, text: string, receive: (message: unknown) => void): unknown;
    /** Throws when the frame is too long, no JSON, or not of an allowed event. */
    decode(frame: string): unknown;
    assertFrameSize(characters: number, bytes: number): void;
  }

  export { AssuredParser, IPCModule, type NodeIpcClient, type NodeIpcServer };
}
