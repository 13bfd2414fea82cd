/** The two names ever used between the page's preload and the main process. */
export const OPEN_CHANNEL = "lanweave:open";
export const FRAME_CHANNEL = "lanweave:frame";
