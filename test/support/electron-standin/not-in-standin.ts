import { EventEmitter } from "node:events";

/** Something of Electron's that this stand-in does not have. Whoever meets it adds it, or does without. */
export class NotInStandin extends Error {
  readonly code = "not-in-standin";

  constructor(name: string) {
    super(`the Electron stand-in has no ${name}`);
  }
}

/** Asked for by the language, by `await`, by inspection: absent everywhere, and no part of Electron. */
const ABSENT = new Set(["then", "toJSON", "nodeType", "asymmetricMatch", "inspect", "domain"]);

/** What a missing property reaches at the end of a prototype chain: it throws, with the name of what was wanted. */
function trap(last: object): object {
  return new Proxy(last, {
    get(target, key, receiver: unknown) {
      if (key in target || typeof key === "symbol" || ABSENT.has(key)) return Reflect.get(target, key, receiver);
      throw new NotInStandin(`${nameOf(receiver)}.${key}`);
    },
  });
}

function nameOf(receiver: unknown): string {
  if (typeof receiver === "function") return receiver.name;
  return typeof receiver === "object" && receiver !== null ? receiver.constructor.name : String(receiver);
}

/** Base of every class here: an emitter on which nothing is missing in silence. */
export class StandinEmitter extends EventEmitter {}
Object.setPrototypeOf(StandinEmitter.prototype, trap(EventEmitter.prototype));

/** Base of the classes without events. */
export class StandinObject {}
Object.setPrototypeOf(StandinObject.prototype, trap(Object.prototype));

/** A module of Electron's that is not here at all: it can be imported, and throws when it is used. */
export function absentModule(name: string): object {
  return new Proxy(class {}, {
    get(_target, key) {
      if (typeof key === "symbol" || ABSENT.has(key)) return undefined;
      throw new NotInStandin(`${name}.${key}`);
    },
    construct() {
      throw new NotInStandin(name);
    },
  });
}
