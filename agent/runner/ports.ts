import type { CancelSignal } from "#core/base/cancel.ts";
import type { InputFile } from "#core/model/attempt.ts";
import type { AppId, RunId, Sha256 } from "#core/model/id.ts";

/** Files by content, as attempts need them. Rule FLEET-9. */
export interface AttemptFiles {
  /** Keeps the contents, there or to come, for an attempt until the function returned is called. */
  hold(app: AppId, run: RunId, files: readonly Sha256[]): () => void;
  /** Puts a copy of the content at `to`, fetched first from one of its holders where this machine lacks it. */
  bring(app: AppId, file: InputFile, to: string, signal: CancelSignal): Promise<void>;
  /** Takes a copy of the file at `path` into the store, where it stays as long as the run is under way. */
  keep(app: AppId, run: RunId, path: string): Promise<{ readonly sha256: Sha256; readonly sizeBytes: number }>;
  /** On return all that was kept survives a power cut. */
  flush(): Promise<void>;
}
