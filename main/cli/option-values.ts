import { InvalidArgumentError } from "commander";

const MAX_LOCAL_AGENTS = 64;
const MAX_PORT = 65_535;

function parseWhole(text: string, least: number, most: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  throw new InvalidArgumentError(`Expected a whole number from ${least} to ${most}.`);
}

export function parseCount(text: string): number {
  return parseWhole(text, 0, Number.MAX_SAFE_INTEGER);
}

export function parsePositive(text: string): number {
  return parseWhole(text, 1, Number.MAX_SAFE_INTEGER);
}

/** The number of an event, or the id of a snapshot, whose run may be left out: `57-pause`. */
export function parsePoint(text: string): number | string {
  if (/^([a-z0-9-]{1,64}@)?\d{1,16}-[a-z]{1,16}$/.test(text)) return text;
  if (/^\d{1,16}$/.test(text)) return parseCount(text);
  throw new InvalidArgumentError("Expected the number of an event, or the id of a snapshot such as 57-pause.");
}

export function parseAgentCount(text: string): number {
  return parseWhole(text, 1, MAX_LOCAL_AGENTS);
}

export function parsePort(text: string): number {
  return parseWhole(text, 0, MAX_PORT);
}

/** `NAME=VALUE` of a repeated option, added to those before. */
export function collectPair(text: string, before: readonly (readonly [string, string])[]): readonly [string, string][] {
  const at = text.indexOf("=");
  if (at < 1) throw new InvalidArgumentError("Expected NAME=VALUE.");
  return [...before.map(([name, value]): [string, string] => [name, value]), [text.slice(0, at), text.slice(at + 1)]];
}
