import { BridgeHalf } from "./bridge-half.ts";

/** What a page of the app may do to its surroundings in Electron and here only through the main process. */
export function start(secret: string, openBinding: string): void {
  if (window !== window.top) return;
  new BridgeHalf(`${secret}-page`, `${secret}-preload`, ({ name, value }) => {
    Object.defineProperty(window, name, { value: deepFrozen(value), enumerable: true });
  });
  const open: unknown = Reflect.get(window, openBinding);
  Reflect.deleteProperty(window, openBinding);
  if (typeof open !== "function") return;
  const request = (url: string): void => void open(url);
  window.open = (url) => {
    request(new URL(url ?? "about:blank", location.href).href);
    return null;
  };
  document.addEventListener("click", (event) => openLink(event, request), true);
}

function openLink(event: Event, request: (url: string) => void): void {
  const link = event.target instanceof Element ? event.target.closest("a[target=_blank]") : null;
  if (!(link instanceof HTMLAnchorElement)) return;
  event.preventDefault();
  request(link.href);
}

function deepFrozen(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  for (const item of Object.values(value)) deepFrozen(item);
  return Object.freeze(value);
}
