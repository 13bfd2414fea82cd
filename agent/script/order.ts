/** What the host of a script is to do: a file of JSON, whose path is the host's one argument. */
export interface ScriptOrder {
  /** Absolute. */
  readonly modulePath: string;
  /** As the workflow names it. */
  readonly module: string;
  readonly export: string;
  readonly args: unknown;
  /** Where its answer goes. */
  readonly answerPath: string;
  readonly maxResultBytes: number;
  readonly maxResultDepth: number;
  /** The pipe that reports are written to; null where there is none. */
  readonly reportFd: number | null;
  /** When the node could first start, in ms since 1970 by the app's clock; null: not known. */
  readonly readyAt: number | null;
}

/** What became of it, as JSON. */
export type ScriptAnswer =
  | { readonly kind: "returned"; readonly result: unknown }
  | { readonly kind: "failed"; readonly code: string; readonly message: string }
  | { readonly kind: "too-large"; readonly sizeBytes: number };
