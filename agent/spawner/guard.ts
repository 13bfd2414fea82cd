import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import type { Disposable } from "#core/base/dispose.ts";
import { toLimitsPattern } from "./marks.ts";
import { TOKEN_VARIABLE } from "./messages.ts";

/** One that was ended by somebody else is started again after so long. */
const RESTART_AFTER_MS = 1_000;
const SHELL = "/bin/sh";

/**
 * Waits until its input ends, which the kernel sees to when the spawner is gone, and then ends what the spawner had started. Arguments: the folder of its
 * control groups or nothing, the pattern of tokens, the pattern of marks. It looks three times: a child that was just being started shows up late.
 */
const SCRIPT = `
trap '' HUP INT TERM
read -r word && [ "$word" = quit ] && exit 0
kill_by() {
  for found in $(grep -ls "$@"); do
    found=\${found#/proc/}
    kill -9 "\${found%%/*}" 2>/dev/null
  done
}
for pause in 0 0.1 0.3; do
  sleep "$pause"
  [ -z "$1" ] || echo 1 >"$1/cgroup.kill"
  kill_by -ze "$2" /proc/[0-9]*/environ
  kill_by -Ee "$3" /proc/[0-9]*/limits
done 2>/dev/null
[ -z "$1" ] || rmdir "$1"/* "$1" "\${1%/*}" 2>/dev/null
`;

/** A tiny process that outlives the spawner, however that ends, for long enough to end what it had started. Rule FLEET-10. */
export class Guard implements Disposable {
  readonly #arguments: readonly string[];
  #process: ChildProcess | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(of: { readonly token: string; readonly mark: string; readonly cgroupFolder: string | null }) {
    this.#arguments = [of.cgroupFolder ?? "", `^${TOKEN_VARIABLE}=${of.token}\\.`, toLimitsPattern(of.mark)];
    if (process.platform === "linux" && existsSync(SHELL)) this.#start();
  }

  /** All is ended already. */
  dispose(): void {
    clearTimeout(this.#timer);
    const child = this.#process;
    this.#process = undefined;
    child?.stdin?.end("quit\n");
  }

  #start(): void {
    const environment = { PATH: process.env["PATH"] ?? "/usr/bin:/bin" };
    const child = spawn(SHELL, ["-c", SCRIPT, "lanweave-guard", ...this.#arguments], {
      cwd: "/",
      env: environment,
      // A session of its own: what ends the agent's terminal must not end this.
      detached: true,
      stdio: ["pipe", "ignore", "ignore"],
    });
    this.#process = child;
    // Either is followed by `exit`, or there is no shell.
    child.on("error", () => undefined);
    child.stdin.on("error", () => undefined);
    child.on("exit", () => {
      if (this.#process !== child) return;
      this.#timer = setTimeout(() => this.#start(), RESTART_AFTER_MS);
    });
    child.unref();
  }
}
