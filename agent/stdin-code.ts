import { parsePairingCode, type PairingCode } from "#core/pairing/code.ts";

const MAX_LINE_LENGTH = 1_024;

/**
 * The code that whoever started this agent hands over on its stdin: one line, `{"code":"…"}`. `ended` is called when
 * stdin closes: the starter is gone, and the agent is to end with it.
 */
export function readCodeFromStdin(stdin: NodeJS.ReadStream, ended: () => void): Promise<PairingCode> {
  return new Promise((resolve, reject) => {
    let text = "";
    const read = (chunk: string): void => {
      text += chunk;
      const end = text.indexOf("\n");
      if (end === -1 && text.length <= MAX_LINE_LENGTH) return;
      stdin.off("data", read);
      // Still read, and thrown away: only so is its end noticed.
      stdin.resume();
      const code = parseLine(end === -1 ? "" : text.slice(0, end));
      if (code === undefined)
        reject(new Error('expected one line {"code":"…"} on stdin, with 6 to 64 letters and digits'));
      else resolve(code);
    };
    stdin.setEncoding("utf8");
    stdin.on("data", read);
    stdin.on("error", ended);
    stdin.on("close", ended);
    stdin.on("end", () => {
      reject(new Error('expected one line {"code":"…"} on stdin, found its end'));
      ended();
    });
  });
}

function parseLine(line: string): PairingCode | undefined {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value !== "object" || value === null || !("code" in value) || typeof value.code !== "string")
      return undefined;
    const code = parsePairingCode(value.code);
    return code.ok ? code.value : undefined;
  } catch {
    return undefined;
  }
}
