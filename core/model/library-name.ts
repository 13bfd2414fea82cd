/** Longest name of a workflow in the library, in UTF-8 bytes: with its ending it fits every file system. */
const MAX_BYTES = 200;
/** Names that Windows keeps for devices, whatever their ending. */
const RESERVED = /^(con|prn|aux|nul|com\d|lpt\d)(\..*)?$/i;

/** What is wrong with a name for a workflow of the library, which becomes a file's name on any system; null: nothing. */
export function libraryNameProblem(name: string): string | null {
  if (name === "") return "expected a name, found nothing";
  if (!/^[\p{L}\p{N}_][\p{L}\p{N}\p{M} ._()-]*$/u.test(name))
    return "expected a name that begins with a letter or digit and has only letters, digits, spaces and . _ - ( )";
  if (/[ .]$/.test(name)) return "expected a name that does not end with a space or a full stop";
  if (RESERVED.test(name)) return `“${name}” is a name that Windows keeps for a device: choose another`;
  const bytes = encodeURIComponent(name).replace(/%../g, "x").length;
  return bytes > MAX_BYTES ? `expected at most ${MAX_BYTES} bytes of UTF-8, found ${bytes}` : null;
}
