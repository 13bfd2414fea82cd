import type { Chance } from "#test/sim/chance.ts";

// Valid data made wrong: values of other types and sizes, keys gone, doubled and unknown, text cut, bytes flipped.

/** Stands in a value for text that JSON.stringify cannot write. */
const RAW = "@raw-";
const RAW_TEXTS: readonly string[] = [
  "1e999",
  "-1e999",
  "123456789012345678901234567890",
  "0.1e-999",
  '"\\ud800"',
  '"\\udfff\\ud800"',
  '"\\u0000"',
  "[".repeat(5_000) + "]".repeat(5_000),
  '{"a":'.repeat(2_000) + "1" + "}".repeat(2_000),
  "undefined",
  "NaN",
  "[1,]",
  "//",
  "\u0000",
  '{"kind":"hello","kind":"ping","nonce":1}',
];

const WORDS: readonly string[] = [
  "",
  " ",
  "\u0000",
  "a\u0000b",
  "\u202Egpj.exe",
  "\uD800",
  "\uDFFF\uD800",
  "\u{1F9F6}".repeat(20),
  "工作室",
  "../../etc/passwd",
  "/",
  "C:\\x",
  "__proto__",
  "constructor",
  "toString",
  "hasOwnProperty",
  "\r\n\f\t",
  "\u001b[2J\u001b]0;x\u0007",
  "x".repeat(130),
  "x".repeat(4_096),
  "$(id)",
  "{{ 1 + 1 }}",
  "0",
  "-1",
  "1e5",
  "null",
  "a".repeat(16),
  "f".repeat(64),
];

const NUMBERS: readonly number[] = [
  0,
  -0,
  -1,
  1,
  0.5,
  -0.5,
  255,
  256,
  65_535,
  65_536,
  2 ** 31,
  2 ** 32,
  2 ** 53 - 1,
  2 ** 53,
  1e308,
  -1e308,
  5e-324,
];

/** Any value at all, small most of the time. */
export function oddValue(chance: Chance, depth = 0): unknown {
  const what = chance.below(depth > 3 ? 6 : 12);
  if (what < 2) return chance.pick(WORDS);
  if (what < 4) return chance.pick(NUMBERS);
  if (what === 4) return chance.pick([null, true, false]);
  if (what === 5) return `${RAW}${String(chance.below(RAW_TEXTS.length))}`;
  if (what === 6) return Array.from({ length: chance.below(4) }, () => oddValue(chance, depth + 1));
  if (what === 7) return oddObject(chance, depth);
  if (what === 8) return nested(chance.pick([2, 60, 70, 500]));
  if (what === 9) return Array.from({ length: chance.pick([10, 300, 3_000]) }, () => chance.pick([0, "", null]));
  if (what === 10) return "y".repeat(chance.pick([10, 1_000, 70_000]));
  return chance.is(0.02) ? Array.from({ length: 50_000 }, () => []) : [];
}

function oddObject(chance: Chance, depth: number): unknown {
  const keys = Array.from({ length: chance.below(4) }, () => chance.pick(WORDS));
  return Object.fromEntries(keys.map((key) => [key, oddValue(chance, depth + 1)]));
}

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < depth; level += 1) value = [value];
  return value;
}

/** A copy of `value` with one to three places changed. */
export function mangleValue(chance: Chance, value: unknown): unknown {
  let changed = value;
  for (let left = 1 + chance.below(3); left > 0; left -= 1) changed = changeOne(chance, changed, chance.below(4));
  return changed;
}

function changeOne(chance: Chance, value: unknown, deeper: number): unknown {
  if (typeof value !== "object" || value === null || deeper === 0) return chance.is(0.1) ? [value] : oddValue(chance);
  if (Array.isArray(value)) return changeList(chance, value, deeper);
  return changeObject(chance, value, deeper);
}

function changeList(chance: Chance, list: readonly unknown[], deeper: number): unknown {
  const at = chance.below(list.length + 1);
  const rest: unknown[] = [...list];
  if (chance.is(0.3)) rest.splice(at, 1);
  else if (chance.is(0.3)) rest.splice(at, 0, oddValue(chance));
  else if (at < rest.length) rest[at] = changeOne(chance, rest[at], deeper - 1);
  return rest;
}

function changeObject(chance: Chance, object: object, deeper: number): unknown {
  const entries: [string, unknown][] = Object.entries(object);
  if (entries.length === 0 || chance.is(0.15)) entries.push([chance.pick(WORDS), oddValue(chance)]);
  const at = chance.below(entries.length);
  const [key, inner] = entries[at] ?? ["", null];
  if (chance.is(0.15)) entries.splice(at, 1);
  else if (chance.is(0.05)) entries[at] = [chance.pick(WORDS), inner];
  else entries[at] = [key, changeOne(chance, inner, deeper - 1)];
  return Object.fromEntries(entries);
}

/** JSON text of a value, with what no value can say put in. */
export function writeJson(value: unknown): string {
  const text = JSON.stringify(value) ?? "null";
  return text.includes(RAW)
    ? text.replaceAll(/"@raw-(\d+)"/g, (whole, index) => RAW_TEXTS[Number(index)] ?? whole)
    : text;
}

/** Text of a message: valid now and then, most often with a change of its values, else of its text. */
export function mangleJson(chance: Chance, value: unknown): string {
  const how = chance.next();
  if (how < 0.1) return writeJson(value);
  if (how < 0.8) return writeJson(mangleValue(chance, value));
  if (how < 0.85) return writeJson(oddValue(chance));
  return mangleText(chance, writeJson(value));
}

/** Text cut, doubled, or with other signs in it. */
export function mangleText(chance: Chance, text: string): string {
  const [from, to] = [chance.below(text.length + 1), chance.below(text.length + 1)];
  const [start, end] = [Math.min(from, to), Math.max(from, to)];
  switch (chance.below(6)) {
    case 0:
      return text.slice(0, start);
    case 1:
      return text.slice(0, start) + text.slice(end);
    case 2:
      return text.slice(0, end) + text.slice(start);
    case 3:
      return text.slice(0, start) + chance.pick(WORDS) + text.slice(start);
    case 4:
      return text.slice(0, start) + chance.pick(RAW_TEXTS) + text.slice(end);
    default:
      return swapSign(chance, text, start);
  }
}

function swapSign(chance: Chance, text: string, at: number): string {
  return `${text.slice(0, at)}${String.fromCharCode(chance.below(chance.is(0.8) ? 128 : 65_536))}${text.slice(at + 1)}`;
}

/** Bytes flipped, cut, put in. */
export function mangleBytes(chance: Chance, bytes: Uint8Array): Buffer {
  let changed = Buffer.from(bytes);
  for (let left = 1 + chance.below(4); left > 0; left -= 1) {
    const at = chance.below(changed.length + 1);
    if (chance.is(0.6)) changed[at] = chance.pick([0, 1, 0x3f, 0x40, 0x7f, 0x80, 0xc0, 0xff, chance.below(256)]);
    else if (chance.is(0.4)) changed = changed.subarray(0, at);
    else
      changed = Buffer.concat([changed.subarray(0, at), randomBytes(chance, chance.below(40)), changed.subarray(at)]);
  }
  return changed;
}

export function randomBytes(chance: Chance, length: number): Buffer {
  return Buffer.from(Array.from({ length }, () => chance.below(256)));
}

/** The bytes in one to five pieces. */
export function inPieces(chance: Chance, bytes: Buffer): readonly Buffer[] {
  const cuts = Array.from({ length: chance.below(5) }, () => chance.below(bytes.length + 1)).sort((a, b) => a - b);
  return [...cuts, bytes.length].map((end, index) => bytes.subarray(cuts[index - 1] ?? 0, end));
}
