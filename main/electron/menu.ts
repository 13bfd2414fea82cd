import type { MenuItemConstructorOptions } from "electron";
import { Menu, app, shell } from "electron";
import type { DesktopText } from "./text/catalogue.ts";

export interface MenuOptions {
  readonly text: DesktopText["menu"];
  readonly platform: string;
  readonly dataFolder: string;
  readonly logFile: string;
}

/** The application menu. Native roles, so that shortcuts and behaviour are the system's own; only the words are ours. */
export function setApplicationMenu(options: MenuOptions): void {
  const isMac = options.platform === "darwin";
  const template = [...(isMac ? [appMenu(options.text)] : []), ...commonMenus(options, isMac)];
  Menu.setApplicationMenu(Menu.buildFromTemplate(template));
}

function commonMenus(options: MenuOptions, isMac: boolean): MenuItemConstructorOptions[] {
  const { text } = options;
  const quit: MenuItemConstructorOptions[] = isMac ? [] : [SEPARATOR, { label: text.quit, role: "quit" }];
  return [
    { id: "file", label: text.file, submenu: [{ label: text.closeWindow, role: "close" }, ...quit] },
    { id: "edit", label: text.edit, submenu: editItems(text) },
    { id: "view", label: text.view, submenu: viewItems(text) },
    { id: "window", label: text.window, role: "windowMenu", submenu: windowItems(text) },
    { id: "help", label: text.help, role: "help", submenu: helpItems(options, isMac) },
  ];
}

const SEPARATOR: MenuItemConstructorOptions = { type: "separator" };

function appMenu(text: DesktopText["menu"]): MenuItemConstructorOptions {
  return {
    id: "app",
    label: app.getName(),
    submenu: [
      { label: text.about, role: "about" },
      SEPARATOR,
      { label: text.services, role: "services" },
      SEPARATOR,
      { label: text.hide, role: "hide" },
      { label: text.hideOthers, role: "hideOthers" },
      { label: text.showAll, role: "unhide" },
      SEPARATOR,
      { label: text.quit, role: "quit" },
    ],
  };
}

function editItems(text: DesktopText["menu"]): MenuItemConstructorOptions[] {
  return [
    { label: text.undo, role: "undo" },
    { label: text.redo, role: "redo" },
    SEPARATOR,
    { label: text.cut, role: "cut" },
    { label: text.copy, role: "copy" },
    { label: text.paste, role: "paste" },
    { label: text.selectAll, role: "selectAll" },
  ];
}

function viewItems(text: DesktopText["menu"]): MenuItemConstructorOptions[] {
  const tools: MenuItemConstructorOptions[] = app.isPackaged
    ? []
    : [SEPARATOR, { label: text.developerTools, role: "toggleDevTools" }];
  return [
    { label: text.reload, role: "reload" },
    SEPARATOR,
    { label: text.actualSize, role: "resetZoom" },
    { label: text.zoomIn, role: "zoomIn" },
    { label: text.zoomOut, role: "zoomOut" },
    SEPARATOR,
    { label: text.fullScreen, role: "togglefullscreen" },
    ...tools,
  ];
}

function windowItems(text: DesktopText["menu"]): MenuItemConstructorOptions[] {
  return [
    { label: text.minimize, role: "minimize" },
    { label: text.zoom, role: "zoom" },
  ];
}

function helpItems(options: MenuOptions, isMac: boolean): MenuItemConstructorOptions[] {
  const { text } = options;
  const about: MenuItemConstructorOptions[] = isMac ? [] : [SEPARATOR, { label: text.about, role: "about" }];
  return [
    { id: "open-data-folder", label: text.openDataFolder, click: () => void shell.openPath(options.dataFolder) },
    { id: "show-log", label: text.showLog, click: () => shell.showItemInFolder(options.logFile) },
    ...about,
  ];
}
