export const MAX_EXTERNAL_URL_LENGTH = 2_048;

/** Whether a link may be handed to the system's browser: plain https, without a name and password in it. */
export function isSafeExternalUrl(text: string): boolean {
  if (text.length > MAX_EXTERNAL_URL_LENGTH) return false;
  const url = URL.parse(text);
  return url !== null && url.protocol === "https:" && url.username === "" && url.password === "" && url.hostname !== "";
}
