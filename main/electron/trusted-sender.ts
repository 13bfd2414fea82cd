import { APP_URL } from "./asset.ts";

/** Who sent a message: the part of Electron's event that tells. */
export interface PageMessageEvent<Page> {
  readonly sender: Page;
  readonly senderFrame: { readonly url: string; readonly parent: unknown } | null;
}

/** Why a message is refused, or undefined when it comes from the top frame of our own page. */
export function senderProblem(event: PageMessageEvent<unknown>): string | undefined {
  const frame = event.senderFrame;
  // A frame that navigated away or was removed has no identity left to check.
  if (frame === null) return "its frame is gone";
  if (frame.parent !== null) return `it comes from an inner frame (${frame.url})`;
  if (!frame.url.startsWith(APP_URL)) return `it comes from ${frame.url}, expected ${APP_URL}`;
  return undefined;
}
