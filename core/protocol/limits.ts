import { MAX_FILES, MAX_JSON_DEPTH, MAX_NAME_BYTES } from "../model/limits.ts";

// The engine holds to these before anything is sent, and may not know the protocol.
export { MAX_FILES, MAX_JSON_DEPTH, MAX_NAME_BYTES };

/** Protocol spoken over a link. A different major version is refused, an older minor one is served. Rule FLEET-4. */
export const PROTOCOL = { major: 1, minor: 3 } as const;
/** From this minor version on an app answers `renew`. Rule FLEET-2. */
export const MINOR_WITH_RENEWAL = 1;
/** From this minor version on an app says which files its runs need and when they are over, and hears what is gone. Rule FLEET-9. */
export const MINOR_WITH_FILE_KEEPING = 2;
/** From this minor version on an agent hears whose pairing with its app has ended. Rule FLEET-2. */
export const MINOR_WITH_REVOCATION = 3;
/** Files in one message about them. */
export const MAX_FILES_NAMED = 500;
/** Runs in one message about them. */
export const MAX_RUNS_NAMED = 1_000;

export const HEARTBEAT_MS = 1_000;
/** Without a heartbeat for so long an agent is shown `offline`. Rule FLEET-4. */
export const OFFLINE_AFTER_MS = 5_000;
/** And after so much longer its attempts are fenced and go elsewhere. Rule FLEET-4. */
export const LOSS_GRACE_MS = 15_000;

/** One message on a link, encoded. */
export const MAX_MESSAGE_BYTES = 4 * 1024 * 1024;
/** Unsent bytes on a link above which `send` takes no more; node-ipc would destroy the socket at 8 MiB. */
export const MAX_UNSENT_BYTES = 2 * 1024 * 1024;
/** The result of a node, as JSON. Rule NODE-11. */
export const MAX_RESULT_BYTES = 1024 * 1024;
/** The same, of a whole message on a link: an `assign` lies three levels around the arguments of its action. */
export const MAX_MESSAGE_DEPTH = MAX_JSON_DEPTH + 3;
/** One piece of output in one message. */
export const MAX_OUTPUT_CHUNK_BYTES = 64 * 1024;
/** Output kept of one attempt; beyond it the middle is cut and marked. Rule FLEET-10. */
export const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;
/** The line that marks where the middle of an output was cut; it comes on top of `MAX_OUTPUT_BYTES`. */
export const MAX_CUT_MARK_BYTES = 256;
/** One certificate, PEM. */
export const MAX_PEM_LENGTH = 16 * 1024;
/** A request for a certificate, base64. */
export const MAX_REQUEST_LENGTH = 8 * 1024;
/** Addresses named of one holder of a file. */
export const MAX_HOLDER_ADDRESSES = 32;
/** Attempts an agent holds for one app, running and finished but not acknowledged. */
export const MAX_HELD_ATTEMPTS = 20_000;
/** Agents of one fleet. */
export const MAX_AGENTS = 1_000;
