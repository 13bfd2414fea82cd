import type { BrowserWindow } from "./browser-window.ts";

const windows = new Set<BrowserWindow>();

export function openWindows(): readonly BrowserWindow[] {
  return [...windows];
}

export function windowOpened(window: BrowserWindow): void {
  windows.add(window);
}

export function windowGone(window: BrowserWindow): void {
  windows.delete(window);
}
