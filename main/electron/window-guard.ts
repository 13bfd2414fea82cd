import type { Session, WebContents } from "electron";
import { app, shell } from "electron";
import { APP_URL } from "./asset.ts";
import { MAX_EXTERNAL_URL_LENGTH, isSafeExternalUrl } from "./external-url.ts";
import type { ShellLog } from "./shell-log.ts";

/** The one thing a page may ask for: its Copy buttons. Reading the clipboard stays denied. */
const GRANTED_PERMISSION = "clipboard-sanitized-write";

/** Holds for every page this process ever makes, also one made by mistake: it stays where it is and opens nothing. */
export function guardEveryPage(log: ShellLog): void {
  app.on("web-contents-created", (_event, contents) => guardPage(contents, log));
}

function guardPage(contents: WebContents, log: ShellLog): void {
  contents.setWindowOpenHandler(({ url }) => {
    openExternally(url, log);
    return { action: "deny" };
  });
  contents.on("will-frame-navigate", (event) => {
    if (event.isMainFrame && event.url.startsWith(APP_URL)) return;
    event.preventDefault();
    if (event.isMainFrame) openExternally(event.url, log);
  });
  contents.on("will-redirect", (event) => {
    if (!event.url.startsWith(APP_URL)) event.preventDefault();
  });
  contents.on("will-attach-webview", (event) => event.preventDefault());
}

/** Denies what a page can ask of the machine: camera, place, notifications, devices, screens. */
export function denyPermissions(session: Session): void {
  session.setPermissionRequestHandler((_contents, permission, answer, details) => {
    answer(permission === GRANTED_PERMISSION && details.requestingUrl.startsWith(APP_URL));
  });
  session.setPermissionCheckHandler((_contents, permission, origin) => {
    return permission === GRANTED_PERMISSION && `${origin}/`.startsWith(APP_URL);
  });
  session.setDevicePermissionHandler(() => false);
}

function openExternally(url: string, log: ShellLog): void {
  if (!isSafeExternalUrl(url))
    return log.warn("refused to open an address", { url: url.slice(0, MAX_EXTERNAL_URL_LENGTH) });
  shell.openExternal(url).catch((error: unknown) => {
    log.warn("the system could not open an address", { url, problem: String(error) });
  });
}
