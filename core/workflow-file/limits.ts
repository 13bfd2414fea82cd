/** Bytes of a workflow file, and of what its YAML aliases add when they are written out. Rule FILE-7. */
export const MAX_FILE_BYTES = 10 * 1024 * 1024;
/** Nodes of a workflow, those of its subworkflows included. Rule FILE-7. */
export const MAX_NODES = 100_000;
/** Levels of nodes inside each other. Rule FILE-1. */
export const MAX_LEVELS = 64;
/** Lists and maps inside each other in the text of a file; more than `MAX_LEVELS` of nodes ever need. */
export const MAX_NESTING = 400;
/** Problems reported for one file; a last one says how many more there are. */
export const MAX_PROBLEMS = 200;
/** Problems after which a file is no longer searched for more. */
export const MAX_PROBLEMS_SOUGHT = 1_000;
/** A duration: one year. */
export const MAX_DURATION_MS = 365 * 24 * 3_600_000;
/** Characters of a value that is tested against an input's `pattern`. */
export const MAX_PATTERN_VALUE_LENGTH = 256;
/** Characters of an input's `pattern`. */
export const MAX_PATTERN_LENGTH = 200;
