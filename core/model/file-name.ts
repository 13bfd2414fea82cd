/** Longest name of a file, in UTF-8 bytes (as UTF-16 units they are at most as many). */
const MAX_FILE_NAME_LENGTH = 4_096;

/**
 * Why `name` cannot name a file inside a folder: absolute, leading out of it, with control characters (tabs and newlines may be), or not in the one
 * plain form (`/` between folders, no `.` or empty part). `undefined` when it can. Rule FLEET-9.
 */
export function whyBadFileName(name: string): string | undefined {
  if (name.length === 0) return "it is empty";
  if (name.length > MAX_FILE_NAME_LENGTH) return `it is longer than ${MAX_FILE_NAME_LENGTH} characters`;
  if (/(?![\t\n])\p{Cc}/u.test(name)) return "it has control characters";
  if (name.includes("\\")) return "it has a backslash";
  if (name.startsWith("/") || /^[A-Za-z]:/.test(name)) return "it is absolute";
  const parts = name.split("/");
  if (parts.includes("..")) return 'it leads out with ".."';
  if (parts.includes(".") || parts.includes("")) return 'it has an empty part or "."';
  return undefined;
}

/** Why `pattern` cannot be a glob inside a folder; the same rules as for names, but for backslashes that escape a sign. */
export function whyBadPattern(pattern: string): string | undefined {
  const plain = pattern.replace(/\\([*?[\](){}!+@\\])/g, "$1");
  return whyBadFileName(plain.replace(/\/$/, ""));
}
