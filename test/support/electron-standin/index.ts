// The public face of the stand-in: what `import ... from "electron"` finds in a main process that runs on it.
import { app } from "./app.ts";
import { BrowserWindow } from "./browser-window.ts";
import { acceptCommands } from "./control.ts";
import { ipcMain } from "./ipc-main.ts";
import { Menu, MenuItem, Tray } from "./menu.ts";
import { absentModule } from "./not-in-standin.ts";
import { protocol } from "./protocol.ts";
import { record } from "./record.ts";
import { session } from "./session.ts";
import { Notification, dialog, nativeImage, nativeTheme, safeStorage, screen, shell } from "./system.ts";
import { utilityProcess } from "./utility-process.ts";

export { BrowserWindow, Menu, MenuItem, Notification, Tray, app, dialog, ipcMain, nativeImage, nativeTheme };
export { protocol, safeStorage, screen, session, shell, utilityProcess };

export const autoUpdater = absentModule("autoUpdater");
export const clipboard = absentModule("clipboard");
export const contextBridge = absentModule("contextBridge in the main process");
export const crashReporter = absentModule("crashReporter");
export const desktopCapturer = absentModule("desktopCapturer");
export const globalShortcut = absentModule("globalShortcut");
export const ipcRenderer = absentModule("ipcRenderer in the main process");
export const MessageChannelMain = absentModule("MessageChannelMain");
export const net = absentModule("net");
export const powerMonitor = absentModule("powerMonitor");
export const powerSaveBlocker = absentModule("powerSaveBlocker");
export const systemPreferences = absentModule("systemPreferences");
export const webContents = absentModule("webContents");
export const WebContentsView = absentModule("WebContentsView");

acceptCommands({
  app,
  BrowserWindow,
  dialog,
  ipcMain,
  Menu,
  nativeTheme,
  protocol,
  screen,
  session,
  shell,
  utilityProcess,
  standin: record,
});
