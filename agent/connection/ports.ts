import type { AppId, RunId, Sha256 } from "#core/model/id.ts";
import type { AgentMessage } from "#core/protocol/messages.ts";

/** One open link, as the desk of its app sees it. The app at the other end has proved who it is. */
export interface LinkPeer {
  readonly app: AppId;
  readonly address: string;
  /** False when nothing was taken because too much is unsent: try again when drained. */
  send(message: AgentMessage): boolean;
  unsentBytes(): number;
  /** `why` is for the log. */
  close(why?: string): void;
}

/** What this machine is busy with. */
export interface MachineLoad {
  /** Load average of one minute divided by the number of CPUs; 0 where it is not known. */
  load(): number;
  /** Why it cannot work, or null. */
  trouble(): string | null;
}

/** The files that lie on this machine. Rule FLEET-9. */
export interface KeptFiles {
  /** Runs that need some of them. */
  neededBy(app: AppId): readonly RunId[];
  /** They stay until `release`. */
  need(app: AppId, run: RunId, files: readonly Sha256[]): Promise<void>;
  release(app: AppId, run: RunId): Promise<void>;
  /** Of these, tells the app which are not there. */
  tellGone(app: AppId, files: readonly Sha256[]): Promise<void>;
  /** The disk took no more. */
  noteFull(): void;
  /** Why no file can be taken in, or null. */
  trouble(): string | null;
}
