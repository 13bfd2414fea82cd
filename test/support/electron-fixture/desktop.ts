import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { Page } from "playwright-core";
import type { LaunchedApp } from "../electron-standin/launch.ts";

const DEADLINE_MS = 15_000;
const POLL_MS = 25;

/** Waits until `condition` holds; fails with what was waited for. */
export async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`after ${DEADLINE_MS / 1000} s still waiting until ${what}`);
    await wait(POLL_MS);
  }
}

/** Sends the request every coordinator answers, with `id`, as a page would; the first frame that names it. */
export function ask(page: Page, id: number): Promise<string> {
  const request = { kind: "request", id, method: "hello", params: { version: 1, client: "test" } };
  return tell(page, JSON.stringify(request), String(id));
}

/** Sends a frame and waits for one that contains `expected`. */
export function tell(page: Page, frame: string, expected: string): Promise<string> {
  return page.evaluate(
    ([sent, wanted]) =>
      new Promise<string>((resolve) => {
        const bridge: { send(frame: string): void; onFrame(listener: (frame: string) => void): () => void } =
          Reflect.get(window, "lanweave");
        const stop = bridge.onFrame((received) => {
          if (!received.includes(wanted)) return;
          stop();
          resolve(received);
        });
        bridge.send(sent);
      }),
    [frame, expected] as const,
  );
}

/** The processes of the coordinator, as the shell itself knows them. */
export async function hostPids(app: LaunchedApp): Promise<readonly number[]> {
  const pids = await app.evaluate((electron) => {
    const hosts = electron.app.getAppMetrics().filter((metric) => metric.name === "Lanweave coordinator");
    return hosts.map((metric) => metric.pid);
  }, undefined);
  return Array.isArray(pids) ? pids.map(Number) : [];
}

/** The lines of the shell's log. */
export function logMessages(dataFolder: string): readonly string[] {
  return readFileSync(join(dataFolder, "logs/desktop.log"), "utf8").trimEnd().split("\n");
}

export interface ShownBox {
  readonly message: string;
  readonly detail: string;
  readonly buttons: readonly string[];
}

/** Answers the next message boxes in a person's place: nobody could press their buttons on a real binary either. */
export async function answerMessageBoxes(app: LaunchedApp, answers: readonly number[]): Promise<void> {
  await app.evaluate(({ dialog }, given) => {
    const waiting = [...given];
    const shown: unknown[] = [];
    Reflect.set(globalThis, "shownBoxes", shown);
    Reflect.set(dialog, "showMessageBox", (...parameters: readonly unknown[]) => {
      const { message, detail, buttons } = Object(parameters.at(-1));
      shown.push({ message, detail, buttons });
      return Promise.resolve({ response: waiting.shift() ?? 0, checkboxChecked: false });
    });
  }, answers);
}

/** The boxes shown since `answerMessageBoxes`. */
export async function messageBoxes(app: LaunchedApp): Promise<readonly ShownBox[]> {
  const shown = await app.evaluate(() => Reflect.get(globalThis, "shownBoxes"), undefined);
  if (!Array.isArray(shown)) return [];
  return shown.map((box: ShownBox) => box);
}
