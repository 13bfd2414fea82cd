import type { App } from "../../../stores/app.svelte.ts";

/** A number that changes when tokens may have: by the chosen theme, the system's, or the frost of a paused run. */
export function useColourChange(app: App): { readonly count: number } {
  let count = $state(0);
  $effect(() => {
    void app.preferences.data.theme;
    const system = matchMedia("(prefers-color-scheme: dark)");
    const tell = (): void => {
      count += 1;
    };
    // The attributes are set in the same turn; what they come to is known in the next frame.
    const frame = requestAnimationFrame(tell);
    system.addEventListener("change", tell);
    const observer = new MutationObserver(tell);
    observer.observe(document.body, { attributes: true, attributeFilter: ["data-frozen"], subtree: true });
    return () => {
      cancelAnimationFrame(frame);
      system.removeEventListener("change", tell);
      observer.disconnect();
    };
  });
  return {
    get count() {
      return count;
    },
  };
}
