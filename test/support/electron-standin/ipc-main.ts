import { StandinEmitter } from "./not-in-standin.ts";

/** `on` and `emit` only: the app answers by messages, never by `handle`. */
class IpcMain extends StandinEmitter {}

export const ipcMain = new IpcMain();
