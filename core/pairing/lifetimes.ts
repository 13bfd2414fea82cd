// How long what an app's authority signs is good for. Rule FLEET-2.

const DAY_MS = 86_400_000;

/** A certificate of an agent, or of the app itself. */
export const LEAF_MS = 90 * DAY_MS;
/** Made anew when less than this is left of it: a third of its life. */
export const RENEW_BELOW_MS = LEAF_MS / 3;
/** The clocks of a LAN's machines differ: what is signed is good from so long before. */
export const BACKDATED_MS = DAY_MS;
/** The authority's own certificate. */
export const AUTHORITY_MS = 3_650 * DAY_MS;
/** The authority's certificate is made anew, for the same key, when less than this is left of it. */
export const AUTHORITY_RENEW_BELOW_MS = 730 * DAY_MS;
/** An agent that was off for longer than its certificate lived gets a new one for so long; then it must be paired again. */
export const EXPIRED_RENEWAL_MS = 365 * DAY_MS;

/** Whether a certificate that is good until `untilMs` is to be made anew. */
export function isRenewalDue(untilMs: number, nowMs: number): boolean {
  return untilMs - nowMs < RENEW_BELOW_MS;
}
