/** The names ever used between the page's preload and the main process. */
export const OPEN_CHANNEL = "lanweave:open";
export const FRAME_CHANNEL = "lanweave:frame";
/** How much of what was sent the page has taken, in UTF-16 units. */
export const TAKEN_CHANNEL = "lanweave:taken";
