import { Menu, Tray, nativeImage } from "electron";
import type { DesktopText } from "./text/catalogue.ts";

export type TrayStatus = "starting" | "ready" | "stopped";

export interface StatusTray {
  show(status: TrayStatus): void;
  remove(): void;
}

/** A sign that the app is there while its window is not: what state it is in, a way to the window, a way out. */
export function createTray(icon: string, text: DesktopText["tray"], show: () => void, quit: () => void): StatusTray {
  const image = nativeImage.createFromPath(icon);
  image.setTemplateImage(true);
  const tray = new Tray(image);
  tray.setToolTip(text.starting);
  tray.setContextMenu(
    Menu.buildFromTemplate([
      { id: "show", label: text.show, click: show },
      { type: "separator" },
      { id: "quit", label: text.quit, click: quit },
    ]),
  );
  tray.on("click", show);
  return {
    show: (status) => {
      if (!tray.isDestroyed()) tray.setToolTip(text[status]);
    },
    remove: () => {
      if (!tray.isDestroyed()) tray.destroy();
    },
  };
}
