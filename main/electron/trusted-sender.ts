import type { IpcMainEvent } from "electron";
import { APP_URL } from "./asset.ts";

/** Why a message is refused, or undefined when it comes from the top frame of our own page. */
export function senderProblem(event: IpcMainEvent): string | undefined {
  const frame = event.senderFrame;
  // A frame that navigated away or was removed has no identity left to check.
  if (frame === null) return "its frame is gone";
  if (frame.parent !== null) return `it comes from an inner frame (${frame.url})`;
  if (!frame.url.startsWith(APP_URL)) return `it comes from ${frame.url}, expected ${APP_URL}`;
  return undefined;
}
