// What both ends of a link configure node-ipc with.

/** The one event that travels; its data is a message. Anything else closes the link. */
export const LINK_EVENT = "lanweave";
/** Links one agent serves at once, handshakes included; node-ipc's own default is 100. */
export const MAX_LINKS = 128;
