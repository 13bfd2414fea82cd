// How an attempt's output lies in a file: frame after frame, each one byte for the stream, four for the length (big
// endian), then the bytes. The offset of a byte counts only bytes of output, not heads of frames. Rule FLEET-10.

/** Where output came from. */
export type StreamName = "stdout" | "stderr";

/** First byte of a frame. */
export const STREAM_CODES: Readonly<Record<StreamName, number>> = { stdout: 1, stderr: 2 };

/** Bytes before those of the output itself. */
export const FRAME_HEAD_BYTES = 5;

/** The stream of a frame's first byte; `undefined`: the file is damaged. */
export function toStreamName(code: number): StreamName | undefined {
  if (code === STREAM_CODES.stdout) return "stdout";
  return code === STREAM_CODES.stderr ? "stderr" : undefined;
}
