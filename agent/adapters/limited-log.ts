import type { JsonObject } from "#core/base/json.ts";
import type { Log } from "#core/ports/log.ts";

/** Warnings of one kind about one address in `WINDOW_MS`; the others are only counted. */
export const TOLD_PER_WINDOW = 5;
const WINDOW_MS = 60_000;
/** Kinds and addresses counted at once; what comes beyond is not told before a window ends. */
const MAX_WINDOWS = 256;

/** A log for what strangers cause: who is refused a thousand times a second fills no disk with it. */
export function createLimitedLog(log: Log): Log {
  const windows = new Map<string, { seen: number }>();
  const warn = (message: string, fields?: JsonObject): void => {
    const key = `${message} ${String(fields?.["address"] ?? "")}`;
    const known = windows.get(key);
    if (known === undefined && windows.size >= MAX_WINDOWS) return;
    const window = known ?? { seen: 0 };
    if (known === undefined) {
      windows.set(key, window);
      setTimeout(() => {
        windows.delete(key);
        const untold = window.seen - TOLD_PER_WINDOW;
        if (untold > 0) log.warn(`${message} (and again, not told each time)`, { ...fields, more: untold });
      }, WINDOW_MS).unref();
    }
    window.seen += 1;
    if (window.seen <= TOLD_PER_WINDOW) log.warn(message, fields);
  };
  return {
    debug: (message, fields) => log.debug(message, fields),
    info: (message, fields) => log.info(message, fields),
    warn,
    error: (message, fields) => log.error(message, fields),
  };
}
