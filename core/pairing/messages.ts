import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { err, ok, type Result } from "../base/result.ts";
import type { AgentId, AppId, Sha256 } from "../model/id.ts";
import { REFUSAL_CODES, type Refusal, type RefusalCode } from "./refusal.ts";
import { SALT_BYTES } from "./secret.ts";
import { CONFIRMATION_BYTES, SHARE_BYTES } from "./spake2.ts";

/** The version both ends must share; there is one so far. */
export const PAIRING_VERSION = 1;
/** ALPN name of the agent's front door. */
export const DOOR_PROTOCOL = "lanweave-door/1";
/** Longest line either end reads, its newline included. */
export const MAX_LINE_BYTES = 64 * 1024;
/** Longest name of an app or agent, in UTF-16 units. */
export const MAX_NAME_LENGTH = 120;
/** Longest certificate, PEM. */
export const MAX_PEM_LENGTH = 16 * 1024;
const MAX_MESSAGE_LENGTH = 1000;

/** What the two ends say to each other, in this order; `refused` may come at any time and ends the exchange. */
export type PairingMessage =
  | {
      readonly kind: "hello";
      readonly version: number;
      readonly app: AppId;
      readonly appName: string;
      readonly authority: Sha256;
    }
  | {
      readonly kind: "offer";
      readonly version: number;
      readonly agent: AgentId;
      readonly salt: Uint8Array;
      readonly share: Uint8Array;
    }
  | { readonly kind: "proof"; readonly share: Uint8Array; readonly confirmation: Uint8Array }
  | { readonly kind: "agreed"; readonly confirmation: Uint8Array }
  | { readonly kind: "grant"; readonly authorityPem: string; readonly certificatePem: string }
  | { readonly kind: "done"; readonly agent: AgentId; readonly name: string; readonly linkPort: number }
  | ({ readonly kind: "refused" } & { readonly refusal: Refusal });

type Fields = Readonly<Record<string, unknown>>;

/** One line of the exchange, with its newline. */
export function encodePairingMessage(message: PairingMessage): string {
  const plain = message.kind === "refused" ? { kind: "refused", ...message.refusal } : message;
  const entries = Object.entries(plain).map(([key, value]) => [
    key,
    value instanceof Uint8Array ? bytesToHex(value) : value,
  ]);
  return `${JSON.stringify(Object.fromEntries(entries))}\n`;
}

/** Reads one line (without newline). Everything is checked; the error says what was expected and found. */
export function parsePairingMessage(line: string): Result<PairingMessage, string> {
  if (line.length > MAX_LINE_BYTES) return err(`expected a line of at most ${MAX_LINE_BYTES} bytes`);
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return err("expected one JSON object a line, found something else");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return err("expected a JSON object");
  try {
    return ok(readMessage(value as Fields));
  } catch (error) {
    if (error instanceof FieldError) return err(error.message);
    throw error;
  }
}

/**
 * A name fit to be printed and logged: no control characters, no marks that turn text around, at most `MAX_NAME_LENGTH`
 * long. Cleaning twice changes nothing, so both ends of an exchange hold the same name. May be empty.
 */
export function cleanName(name: string): string {
  return name
    .slice(0, MAX_NAME_LENGTH)
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, "")
    .trim();
}

class FieldError extends Error {}

function readMessage(fields: Fields): PairingMessage {
  const kind = fields["kind"];
  switch (kind) {
    case "hello":
      // The rest of a hello of another version may look different, so the version decides first.
      if (readCount(fields, "version") !== PAIRING_VERSION) return otherHello(readCount(fields, "version"));
      return {
        kind,
        version: PAIRING_VERSION,
        ...readApp(fields),
        authority: readHex(fields, "authority", 64) as Sha256,
      };
    case "offer":
      return {
        kind,
        version: readCount(fields, "version"),
        agent: readId(fields, "agent") as AgentId,
        ...readOffer(fields),
      };
    case "proof":
      return { kind, share: readBytes(fields, "share", SHARE_BYTES), ...readConfirmation(fields) };
    case "agreed":
      return { kind, ...readConfirmation(fields) };
    case "grant":
      return { kind, authorityPem: readPem(fields, "authorityPem"), certificatePem: readPem(fields, "certificatePem") };
    case "done":
      return {
        kind,
        agent: readId(fields, "agent") as AgentId,
        name: readName(fields, "name"),
        linkPort: readPort(fields),
      };
    case "refused":
      return { kind, refusal: readRefusal(fields) };
    default:
      throw new FieldError(`expected a message of pairing version ${PAIRING_VERSION}, found kind ${shorten(kind)}`);
  }
}

function otherHello(version: number): PairingMessage {
  return { kind: "hello", version, app: "" as AppId, appName: "", authority: "" as Sha256 };
}

function readApp(fields: Fields): { app: AppId; appName: string } {
  return { app: readId(fields, "app") as AppId, appName: readName(fields, "appName") };
}

function readOffer(fields: Fields): { salt: Uint8Array; share: Uint8Array } {
  return { salt: readBytes(fields, "salt", SALT_BYTES), share: readBytes(fields, "share", SHARE_BYTES) };
}

function readConfirmation(fields: Fields): { confirmation: Uint8Array } {
  return { confirmation: readBytes(fields, "confirmation", CONFIRMATION_BYTES) };
}

function readRefusal(fields: Fields): Refusal {
  const found = readText(fields, "code", MAX_MESSAGE_LENGTH);
  const code: RefusalCode = REFUSAL_CODES.find((known) => known === found) ?? "failed";
  return { code, message: cleanSentence(readText(fields, "message", MAX_MESSAGE_LENGTH)) };
}

function cleanSentence(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]/gu, " ");
}

function readText(fields: Fields, key: string, maxLength: number): string {
  const value = fields[key];
  if (typeof value === "string" && value.length > 0 && value.length <= maxLength) return value;
  throw new FieldError(`expected "${key}" to be a text of 1 to ${maxLength} characters, found ${shorten(value)}`);
}

function readName(fields: Fields, key: string): string {
  const name = cleanName(readText(fields, key, MAX_NAME_LENGTH));
  if (name !== "") return name;
  throw new FieldError(`expected "${key}" to have visible characters`);
}

function readPem(fields: Fields, key: string): string {
  const pem = readText(fields, key, MAX_PEM_LENGTH);
  if (/^-----BEGIN CERTIFICATE-----\r?\n[A-Za-z0-9+/=\r\n]+-----END CERTIFICATE-----\s*$/.test(pem)) return pem;
  throw new FieldError(`expected "${key}" to be one PEM certificate`);
}

function readHex(fields: Fields, key: string, digits: number): string {
  const value = fields[key];
  if (typeof value === "string" && value.length === digits && /^[0-9a-f]+$/.test(value)) return value;
  throw new FieldError(`expected "${key}" to be ${digits} lower-case hex digits, found ${shorten(value)}`);
}

function readId(fields: Fields, key: string): string {
  return readHex(fields, key, 16);
}

function readBytes(fields: Fields, key: string, length: number): Uint8Array {
  return hexToBytes(readHex(fields, key, length * 2));
}

function readCount(fields: Fields, key: string): number {
  const value = fields[key];
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  throw new FieldError(`expected "${key}" to be a whole number, found ${shorten(value)}`);
}

function readPort(fields: Fields): number {
  const port = readCount(fields, "linkPort");
  if (port >= 1 && port <= 65535) return port;
  throw new FieldError(`expected "linkPort" to be a port from 1 to 65535, found ${port}`);
}

/** Lists and objects by their name only: writing them out takes a stack as deep as they are, and a stranger sent them. */
function shorten(value: unknown): string {
  if (typeof value === "object" && value !== null) return Array.isArray(value) ? "a list" : "an object";
  return cleanSentence((JSON.stringify(value) ?? "nothing").slice(0, 60));
}
