/** The words of a text, in lower case: what is written in letters, of any script. */
export function splitWords(text: string): readonly string[] {
  return text.toLowerCase().match(/\p{L}+/gu) ?? [];
}
