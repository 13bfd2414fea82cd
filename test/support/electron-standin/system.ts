import { existsSync } from "node:fs";
import { StandinEmitter, StandinObject } from "./not-in-standin.ts";
import { field } from "./read.ts";
import { note, record } from "./record.ts";

// What needs a desktop, a keyring or a person: recorded, and answered as the test said.

class Dialog extends StandinObject {
  showMessageBox(...parameters: readonly unknown[]): Promise<{ response: number; checkboxChecked: boolean }> {
    const options = parameters.at(-1);
    record.messageBoxes.push(options);
    const response = record.messageBoxAnswers.shift() ?? Number(field(options, "cancelId") ?? 0);
    return Promise.resolve({ response, checkboxChecked: false });
  }
}

class Shell extends StandinObject {
  openExternal(url: string): Promise<void> {
    record.openedUrls.push(url);
    return Promise.resolve();
  }

  openPath(path: string): Promise<string> {
    record.openedFiles.push(path);
    return Promise.resolve("");
  }

  showItemInFolder(path: string): void {
    record.openedFiles.push(path);
  }
}

class Screen extends StandinEmitter {
  getAllDisplays(): readonly object[] {
    return [this.getPrimaryDisplay()];
  }

  getPrimaryDisplay(): object {
    return {
      id: 1,
      bounds: { x: 0, y: 0, width: 1920, height: 1080 },
      workArea: { x: 0, y: 0, width: 1920, height: 1040 },
    };
  }
}

class NativeTheme extends StandinEmitter {
  themeSource = "system";
  readonly shouldUseDarkColors = false;
}

class NativeImage extends StandinObject {
  readonly file: string;

  constructor(file: string) {
    super();
    this.file = file;
  }

  isEmpty(): boolean {
    return !existsSync(this.file);
  }

  setTemplateImage(isTemplate: boolean): void {
    note("nativeImage.setTemplateImage", isTemplate);
  }
}

class NativeImageModule extends StandinObject {
  createFromPath(file: string): NativeImage {
    return new NativeImage(file);
  }
}

/** No encryption: it marks bytes, so that a test can tell what went through it from what was stored as it was. */
class SafeStorage extends StandinObject {
  isEncryptionAvailable(): boolean {
    return this.getSelectedStorageBackend() !== "locked";
  }

  getSelectedStorageBackend(): string {
    return process.env["ELECTRON_STANDIN_KEYRING"] ?? "gnome_libsecret";
  }

  encryptString(text: string): Buffer {
    return Buffer.from(`standin-safe-storage:${Buffer.from(text).toString("base64")}`);
  }

  decryptString(bytes: Buffer): string {
    const [mark, text] = bytes.toString().split(":");
    if (mark !== "standin-safe-storage" || text === undefined)
      throw new Error("Error while decrypting the ciphertext.");
    return Buffer.from(text, "base64").toString();
  }
}

export class Notification extends StandinEmitter {
  readonly options: object;

  constructor(options: object) {
    super();
    this.options = options;
  }

  static isSupported(): boolean {
    return true;
  }

  show(): void {
    note("notification", this.options);
  }
}

export const dialog = new Dialog();
export const shell = new Shell();
export const screen = new Screen();
export const nativeTheme = new NativeTheme();
export const nativeImage = new NativeImageModule();
export const safeStorage = new SafeStorage();
