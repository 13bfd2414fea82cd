/// <reference path="../types/node-ipc.d.ts" />
import { AssuredParser } from "node-ipc";
import { FrameCutter } from "#core/protocol/frame-cutter.ts";

/**
 * Reads as node-ipc's own assured parser does, in time that grows with what comes: that one looks at a whole unfinished message again
 * for each piece of it, so that one message of 4 MiB in pieces holds the process up for seconds.
 */
export class LinkParser extends AssuredParser {
  /** `rest` is what the call before returned, and nothing in the first. */
  override read(rest: FrameCutter | "", text: string, receive: (message: unknown) => void): FrameCutter {
    const cutter = rest === "" ? new FrameCutter(this.delimiter) : rest;
    for (const frame of cutter.push(text)) receive(this.decode(frame));
    this.assertFrameSize(cutter.pendingLength, cutter.pendingLength);
    return cutter;
  }
}
