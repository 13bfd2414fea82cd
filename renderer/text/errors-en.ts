/** An error in three parts: what happened, why as far as known, what to do. */
export interface ErrorText {
  readonly what: string;
  readonly why: string;
  readonly todo: string;
}

/** By code. */
export const errors: Readonly<Record<string, ErrorText>> = {
  offline: {
    what: "No connection to the coordinator",
    why: "It was stopped, or is starting. Work on the machines goes on without it.",
    todo: "This window reconnects by itself. If the coordinator was restarted, open the address it printed.",
  },
  full: {
    what: "The disk of the app's machine is full",
    why: "Nothing can be written down, so runs decide nothing and what machines finish waits there. Nothing accepted is lost.",
    todo: "Free some space: work goes on by itself.",
  },
  disconnected: {
    what: "The connection ended before the answer came",
    why: "What you asked for may or may not have happened.",
    todo: "Look at the state once the window is connected again.",
  },
  "bad-frame": {
    what: "This window and the coordinator do not understand each other",
    why: "They are probably of different versions.",
    todo: "Reload the window. If that does not help, restart the app.",
  },
  "no-answer": {
    what: "The coordinator does not answer",
    why: "It may be very busy.",
    todo: "Try again in a moment.",
  },
  "wrong-code": {
    what: "That is not the code this agent shows",
    why: "A sign may be mistyped, or the code may belong to another machine.",
    todo: "Read the code again on the agent's screen, since it changes, and type that one.",
  },
  expired: {
    what: "The code has expired",
    why: "A code is good for ten minutes, and changes when it has been used.",
    todo: "Type the code the agent shows now. If it shows none, restart it there.",
  },
  "too-many-tries": {
    what: "Too many tries",
    why: "Few tries are allowed, so that nobody can guess a code.",
    todo: "Wait a minute, then type the code the agent shows now.",
  },
  "not-pairing": {
    what: "The agent takes no code now",
    why: "Its last code has been used up.",
    todo: "Look at its screen: once it shows a code again, type that one. If it stays without, restart it there.",
  },
  "bad-code": {
    what: "That is not a pairing code",
    why: "A code has six digits, as the agent shows them.",
    todo: "Type the code the agent shows now.",
  },
  busy: {
    what: "The agent is busy with another pairing",
    why: "It pairs with one app at a time.",
    todo: "Try again in a few seconds.",
  },
  timeout: {
    what: "The pairing took too long",
    why: "The machine answered and then fell silent; it or the network is very busy.",
    todo: "Try again. If it happens again, restart the agent.",
  },
  version: {
    what: "The agent and this app are of different versions",
    why: "They do not speak the same pairing protocol.",
    todo: "Install the same version of Lanweave on both machines.",
  },
  malformed: {
    what: "The agent and this app did not understand each other",
    why: "The other end did not follow the pairing protocol; it may be of another version.",
    todo: "Install the same version of Lanweave on both machines, then try again.",
  },
  "bad-certificate": {
    what: "The agent refused the certificate",
    why: "It is not for the agent's key, not from this app, or the clocks of the two machines are far apart.",
    todo: "Set both clocks, then pair again. Nothing was paired.",
  },
  failed: {
    what: "The pairing could not be stored",
    why: "One of the two machines could not write it down, for example because its disk is full.",
    todo: "The agent's log and the coordinator's say why. Put that right, then pair again.",
  },
  "wrong-agent": {
    what: "Another machine answers there",
    why: "Its key is not that of the agent that was found: the address may have gone to another machine. Nothing was paired.",
    todo: "Wait until the machine appears again under “Found on the network”, compare the fingerprint, and pair from there.",
  },
  "not-an-agent": {
    what: "What answers there is not a Lanweave agent",
    why: "Another program uses this port, or the address is that of another machine.",
    todo: "Check the address and the port: the agent prints both when it starts.",
  },
  cancelled: {
    what: "The pairing was cancelled",
    why: "It was broken off before it was done. Nothing was paired.",
    todo: "Pair again when you like.",
  },
  unreachable: {
    what: "The machine does not answer",
    why: "It is off, on another network, or a firewall keeps connections out.",
    todo: "Check that the agent runs there and that its port is open, then try again.",
  },
};
