import * as z from "zod/mini";

export const PANEL_WIDTH = { minimum: 300, initial: 380, maximum: 720 } as const;

const preferencesSchema = z.object({
  theme: z.catch(z.enum(["system", "light", "dark"]), "system"),
  /** Null: the language of the system. */
  language: z.catch(z.nullable(z.enum(["en", "zh"])), null),
  sidebar: z.catch(z.enum(["wide", "narrow"]), "wide"),
  panelWidth: z.catch(
    z.int().check(z.minimum(PANEL_WIDTH.minimum), z.maximum(PANEL_WIDTH.maximum)),
    PANEL_WIDTH.initial,
  ),
  timeline: z.catch(z.enum(["open", "closed"]), "open"),
  idleGaps: z.catch(z.enum(["short", "whole"]), "short"),
  /** The first steps were taken or left out. */
  isWelcomed: z.catch(z.boolean(), false),
  runTab: z.catch(z.enum(["graph", "tree", "gantt"]), "graph"),
});

/** What the person has chosen for this window. */
export type PreferencesData = z.infer<typeof preferencesSchema>;
export type Language = "en" | "zh";

/** Reads what was kept; every part that is missing or unsound falls back on its own. */
export function parsePreferences(text: string | null): PreferencesData {
  return preferencesSchema.parse(readObject(text));
}

function readObject(text: string | null): object {
  try {
    const value: unknown = JSON.parse(text ?? "{}");
    return typeof value === "object" && value !== null ? value : {};
  } catch {
    return {};
  }
}

/** The language to show: the chosen one, else the first of the system's that there is, else English. */
export function chooseLanguage(chosen: Language | null, system: readonly string[]): Language {
  if (chosen !== null) return chosen;
  for (const tag of system) {
    if (/^zh\b/i.test(tag)) return "zh";
    if (/^en\b/i.test(tag)) return "en";
  }
  return "en";
}
