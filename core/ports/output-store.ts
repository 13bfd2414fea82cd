import type { AttemptKey } from "../model/attempt.ts";
import type { NodePath, RunId } from "../model/id.ts";

export interface OutputPiece {
  readonly offset: number;
  readonly stream: "stdout" | "stderr";
  readonly text: string;
}

/** The output of attempts as the app keeps it, one growing sequence of bytes each. Rule FLEET-10. */
export interface OutputStore {
  /**
   * Keeps bytes that start at `offset`; what is known already is passed over, bytes beyond a gap are not taken. Returns how many
   * bytes of the sequence are kept now. Throws when the disk is full.
   */
  append(key: AttemptKey, offset: number, stream: "stdout" | "stderr", base64: string): number;
  sizeBytes(key: AttemptKey): number;
  /** The newest attempt of a node that output is kept of. */
  newest(run: RunId, path: NodePath): AttemptKey | null;
  /** Text from `offset` on, at most about `maxBytes`, never cut inside a character unless it is the end of what there is. */
  read(
    key: AttemptKey,
    offset: number,
    maxBytes: number,
  ): { readonly pieces: readonly OutputPiece[]; readonly nextOffset: number };
  /** Nothing more will come. */
  close(key: AttemptKey): void;
  deleteRun(run: RunId): void;
}
