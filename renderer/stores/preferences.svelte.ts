import { en } from "../text/en.ts";
import type { Text } from "../text/en.ts";
import { zh } from "../text/zh.ts";
import type { Language, PreferencesData } from "./preferences-data.ts";
import { chooseLanguage, parsePreferences } from "./preferences-data.ts";

const STORAGE_KEY = "lanweave.preferences";
const CATALOGUES: Readonly<Record<Language, Text>> = { en, zh };

/** What the person has chosen for this window, kept by the browser. */
export class Preferences {
  #data: PreferencesData = $state.raw(parsePreferences(localStorage.getItem(STORAGE_KEY)));
  readonly language: Language = $derived(chooseLanguage(this.#data.language, navigator.languages));
  readonly text: Text = $derived(CATALOGUES[this.language]);
  /** For `Intl`. */
  readonly locale: string = $derived(this.language === "zh" ? "zh-CN" : "en");

  get data(): PreferencesData {
    return this.#data;
  }

  set(change: Partial<PreferencesData>): void {
    this.#data = { ...this.#data, ...change };
    localStorage.setItem(STORAGE_KEY, JSON.stringify(this.#data));
  }
}
