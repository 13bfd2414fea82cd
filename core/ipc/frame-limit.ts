/** A frame, either way. */
export const MAX_FRAME_BYTES = 8 * 1024 * 1024;

/** Whether `text` takes at most `MAX_FRAME_BYTES` in UTF-8. Counts only when its length leaves that open. */
export function isFrameWithinLimit(text: string): boolean {
  if (text.length > MAX_FRAME_BYTES) return false;
  if (text.length * 3 <= MAX_FRAME_BYTES) return true;
  let bytes = 0;
  for (let index = 0; index < text.length && bytes <= MAX_FRAME_BYTES; index += 1) bytes += byteCount(text, index);
  return bytes <= MAX_FRAME_BYTES;
}

/** UTF-8 bytes of one UTF-16 unit: each half of a surrogate pair stands for two of the pair's four. */
function byteCount(text: string, index: number): number {
  const unit = text.charCodeAt(index);
  if (unit < 0x80) return 1;
  return unit < 0x800 || (unit >= 0xd800 && unit < 0xe000) ? 2 : 3;
}
