/** Lists and objects in each other, in any value that crosses a process boundary. */
export const MAX_JSON_DEPTH = 256;
/** The result of a node, and what one completion writes into variables, in characters of JSON. Rule NODE-11. */
export const MAX_RESULT_LENGTH = 1024 * 1024;
/** Files of one attempt, each way. */
export const MAX_FILES = 10_000;
/** A name on the wire: of a file, a path, a module, an address. */
export const MAX_NAME_BYTES = 4_096;
/** Words of one `argv`. */
export const MAX_ARGUMENTS = 100_000;
