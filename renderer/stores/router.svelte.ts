import type { Route } from "./route.ts";
import { parseRoute, toHash } from "./route.ts";

/** The address bar as state. */
export class Router {
  #route: Route = $state.raw({ page: "library", workflow: null });

  /** Follows the address until the returned function is called. */
  start(): () => void {
    const read = (): void => {
      this.#route = parseRoute(location.hash);
    };
    read();
    addEventListener("hashchange", read);
    return () => removeEventListener("hashchange", read);
  }

  get route(): Route {
    return this.#route;
  }

  /** Goes somewhere, leaving the place it was at in the history. */
  go(route: Route): void {
    location.hash = toHash(route);
    this.#route = route;
  }

  /** Goes somewhere in place of where it was: for what is selected, not where one is. */
  replace(route: Route): void {
    history.replaceState(null, "", toHash(route));
    this.#route = route;
  }
}
