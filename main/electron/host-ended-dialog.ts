import type { BrowserWindow, MessageBoxOptions } from "electron";
import { dialog, shell } from "electron";
import type { HostEnd } from "./host-process.ts";
import type { DesktopText } from "./text/catalogue.ts";

export type HostEndedChoice = "try-again" | "show-log" | "quit";

const CHOICES = ["try-again", "show-log", "quit"] as const;

/** Says why there is no coordinator and where to read more; asks what to do. Opening the log is also a choice to quit. */
export async function askAboutEndedHost(
  window: BrowserWindow | undefined,
  end: HostEnd,
  text: DesktopText["hostEnded"],
  logFile: string,
): Promise<HostEndedChoice> {
  const options: MessageBoxOptions = {
    type: "error",
    message: end.kind === "refused" ? text.refused : text.crashing,
    detail: end.kind === "refused" ? text.refusedDetail(end.message, logFile) : text.crashingDetail(logFile),
    buttons: [text.tryAgain, text.showLog, text.quit],
    defaultId: 0,
    cancelId: 2,
    noLink: true,
  };
  const shown = window === undefined ? dialog.showMessageBox(options) : dialog.showMessageBox(window, options);
  const choice = CHOICES[(await shown).response] ?? "quit";
  if (choice === "show-log") shell.showItemInFolder(logFile);
  return choice;
}
