import type { ShellLog } from "./shell-log.ts";

/** What of Electron's `safeStorage` is needed. */
export interface SafeStorage {
  isEncryptionAvailable(): boolean;
  /** Only on Linux. */
  getSelectedStorageBackend?(): string;
  encryptString(text: string): Buffer;
  decryptString(sealed: Buffer): string;
}

/** Seals or opens a text for the coordinator by the system's keyring; null where that cannot be, and the log says why. */
export function answerSecret(
  storage: SafeStorage,
  log: Pick<ShellLog, "warn">,
  { what, text }: { readonly what: "seal" | "open"; readonly text: string },
): string | null {
  try {
    if (!storage.isEncryptionAvailable()) {
      log.warn("the system's keyring cannot be used", { for: what });
      return null;
    }
    if (what === "open") return storage.decryptString(Buffer.from(text, "base64"));
    // Without a keyring Electron on Linux encrypts by a password that is in its source: that protects nothing.
    if (process.platform === "linux" && storage.getSelectedStorageBackend?.() === "basic_text") {
      log.warn("the system has no keyring", { for: what });
      return null;
    }
    return storage.encryptString(text).toString("base64");
  } catch (error) {
    log.warn("the system's keyring failed", { for: what, problem: String(error) });
    return null;
  }
}
