import type { PageSession } from "./cdp.ts";
import { StandinEmitter, StandinObject } from "./not-in-standin.ts";
import { note } from "./record.ts";

type RequestHandler = (
  contents: unknown,
  permission: string,
  answer: (granted: boolean) => void,
  details: object,
) => void;
type CheckHandler = (contents: unknown, permission: string, origin: string, details: object) => boolean;

/** Electron's permission, and what Chromium calls it over the DevTools protocol. */
const PERMISSIONS: readonly (readonly [string, object])[] = [
  ["geolocation", { name: "geolocation" }],
  ["notifications", { name: "notifications" }],
  ["media", { name: "camera" }],
  ["media", { name: "microphone" }],
  ["midi", { name: "midi" }],
  ["clipboard-read", { name: "clipboard-read" }],
  ["clipboard-sanitized-write", { name: "clipboard-write", allowWithoutSanitization: false }],
];

class Session extends StandinEmitter {
  #request: RequestHandler | undefined;
  #check: CheckHandler | undefined;

  setPermissionRequestHandler(handler: RequestHandler): void {
    this.#request = handler;
  }

  setPermissionCheckHandler(handler: CheckHandler): void {
    this.#check = handler;
  }

  setDevicePermissionHandler(handler: () => boolean): void {
    note("session.setDevicePermissionHandler", handler());
  }

  /** Makes Chromium answer a page of `origin` as the app's handlers would. Without handlers Electron grants everything. */
  async applyPermissions(page: PageSession, contents: unknown, url: string, chromiumOrigin: string): Promise<void> {
    for (const [name, permission] of PERMISSIONS) {
      const setting = this.#isGranted(contents, name, url) ? "granted" : "denied";
      await page.send("Browser.setPermission", { permission, setting, origin: chromiumOrigin });
    }
  }

  #isGranted(contents: unknown, permission: string, url: string): boolean {
    if (this.#check?.(contents, permission, url, {}) === false) return false;
    let isGranted = true;
    this.#request?.(contents, permission, (granted) => (isGranted = granted), {
      requestingUrl: url,
      isMainFrame: true,
    });
    return isGranted;
  }
}

const defaultSession = new Session();

class SessionModule extends StandinObject {
  readonly defaultSession = defaultSession;
}

export const session = new SessionModule();
