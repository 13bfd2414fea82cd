import pino from "pino";
import type { Log } from "#core/ports/log.ts";

const MAX_UNWRITTEN_LOG_BYTES = 1024 * 1024;

/** The coordinator's own log: JSON lines in `file`, warnings and worse also where `pino` is told by `LANWEAVE_LOG` (`stderr`). */
export function openLog(file: string): Log & { close(): void } {
  const level = process.env["LANWEAVE_LOG_LEVEL"] ?? "info";
  const destination = pino.destination({
    dest: process.env["LANWEAVE_LOG"] === "stderr" ? 2 : file,
    sync: true,
    append: true,
    mkdir: true,
    maxLength: MAX_UNWRITTEN_LOG_BYTES,
  });
  // On a full disk the newest lines wait in memory, as many as there is room for, and are written when there is space again.
  destination.on("error", () => {});
  const logger = pino({ level, base: { pid: process.pid } }, destination);
  return {
    debug: (message, fields) => logger.debug(fields ?? {}, message),
    info: (message, fields) => logger.info(fields ?? {}, message),
    warn: (message, fields) => logger.warn(fields ?? {}, message),
    error: (message, fields) => logger.error(fields ?? {}, message),
    close: () => destination.end(),
  };
}
