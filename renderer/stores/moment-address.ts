import type { Route } from "./route.ts";
import type { Router } from "./router.svelte.ts";

/** A handle that is dragged has an address once it rests: browsers bear only so many changes of it. */
const REST_MS = 250;

type RunRoute = Extract<Route, { page: "run" }>;

/** Keeps the address in step with the moment shown. Leaving the present, and coming back to it, are steps in the history. */
export class MomentAddress {
  readonly #router: Router;
  readonly #toRoute: () => RunRoute;
  #timer: ReturnType<typeof setTimeout> | null = null;

  /** `toRoute`: where the window is by now. */
  constructor(router: Router, toRoute: () => RunRoute) {
    this.#router = router;
    this.#toRoute = toRoute;
  }

  moved(): void {
    const route = this.#toRoute();
    const { route: before } = this.#router;
    const wasPast = before.page === "run" && before.at !== undefined;
    if (wasPast !== (route.at !== undefined)) {
      this.dispose();
      this.#router.go(route);
      return;
    }
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      this.#router.replace(this.#toRoute());
    }, REST_MS);
  }

  dispose(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
