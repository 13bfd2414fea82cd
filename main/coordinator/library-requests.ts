import type { LibraryResults } from "#core/ipc/library-methods.ts";
import type { MethodParams, MethodResults } from "#core/ipc/methods.ts";
import type { Shelf } from "./shelf.ts";

type LibraryHandlers = {
  readonly [M in keyof LibraryResults]: (params: MethodParams<M>) => Promise<MethodResults[M]> | MethodResults[M];
};

/** What clients ask of the workflows that are kept. */
export function libraryHandlers(shelf: Shelf): LibraryHandlers {
  return {
    "library.list": () => shelf.list(),
    "library.read": ({ source }) => shelf.read(source),
    "library.check": ({ name, text }) => shelf.check(name, text),
    "library.save": ({ name, text, expected }) => shelf.save(name, text, expected),
    "library.remove": ({ name }) => shelf.remove(name),
    "library.restore": ({ kept }) => shelf.restore(kept),
  };
}
