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
   * Keeps bytes that start at `offset`; what is known already is passed over, bytes beyond a gap are not taken. Returns up to where
   * the sequence is taken now. An attempt sends at most `MAX_OUTPUT_BYTES` and a cut mark: what goes beyond them is not kept, and
   * returned as taken (`offset` and its length), so that whoever sends it comes to an end. Throws when the disk is full.
   */
  append(key: AttemptKey, offset: number, stream: "stdout" | "stderr", base64: string): number;
  /** Of an attempt that nothing is kept of, 0. This, `newest` and `read` leave no trace of runs that there are not. */
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
