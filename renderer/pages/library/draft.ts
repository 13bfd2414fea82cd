/** Texts that were edited and not saved yet, kept by the browser so that they survive a reload. */
const PREFIX = "lanweave.draft.";

export interface Draft {
  /** The text it began from. */
  readonly base: string;
  readonly text: string;
}

export function readDraft(name: string): Draft | null {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(PREFIX + name) ?? "null");
    if (typeof value !== "object" || value === null || !("base" in value) || !("text" in value)) return null;
    const { base, text } = value;
    return typeof base === "string" && typeof text === "string" ? { base, text } : null;
  } catch {
    return null;
  }
}

/** Without room in the browser's storage the draft lives in the page only. */
export function writeDraft(name: string, draft: Draft | null): void {
  try {
    if (draft === null) localStorage.removeItem(PREFIX + name);
    else localStorage.setItem(PREFIX + name, JSON.stringify(draft));
  } catch {
    return;
  }
}
