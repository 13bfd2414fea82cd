import { spawn } from "node:child_process";
import { join } from "node:path";
import type { Command } from "commander";
import { DisposableStack } from "#core/base/dispose.ts";
import { DEFAULT_PORT, serveWindow } from "../serve/serve.ts";
import type { CommandContext, CommonOptions, Invocation } from "./command.ts";
import { withCommon } from "./command.ts";
import type { ExitCode } from "./command-error.ts";
import { CommandError, EXIT } from "./command-error.ts";
import { parsePort } from "./option-values.ts";
import { productFolder } from "../host/product.ts";
import { StopWish } from "./signals.ts";

/** What may be asked for as an address: all of them mean this machine only. */
const LOOPBACK = ["127.0.0.1", "::1", "localhost"];

interface ServeCommandOptions extends CommonOptions {
  readonly port?: number;
  readonly host?: string;
  readonly open?: boolean;
  readonly discovery: boolean;
}

export function addServe(program: Command, invocation: Invocation): void {
  withCommon(
    program
      .command("serve")
      .description("run the coordinator and show its window in a browser of this machine")
      .option(
        "--port <port>",
        `the port, 0 for any free one (default: ${DEFAULT_PORT}, or a free one when it is taken)`,
        parsePort,
      )
      .option("--host <address>", "the address to listen on: this machine's own only")
      .option("--open", "open the browser")
      .option("--no-discovery", "look for no agents on the network"),
  ).action((options: ServeCommandOptions) => invocation.run(options, (context) => serve(context, options)));
}

async function serve(context: CommandContext, options: ServeCommandOptions): Promise<ExitCode> {
  if (options.host !== undefined && !LOOPBACK.includes(options.host)) {
    const text = `serve listens on this machine only (${LOOPBACK.join(", ")}), not on ${options.host}`;
    throw new CommandError(
      "address",
      `${text}: other machines would need TLS beside the token, which is not there yet; use an SSH tunnel`,
    );
  }
  const stop = new StopWish(EXIT.interrupted);
  const resources = new DisposableStack();
  resources.add(stop);
  try {
    const { dataDir, output } = context;
    const host = resources.add(await context.startHost({ dataDir, appName: null, discovery: options.discovery }));
    const rendererDir = join(productFolder(), "dist", "renderer");
    const window = resources.add(
      await serveWindow({ host, dataDir: host.dataDir, port: options.port ?? null, rendererDir }),
    );
    // The address is for its owner: with --json it goes to stderr like all that people read.
    const text = `Lanweave is at ${window.secretUrl}`;
    if (output.isJson) output.note(text);
    else output.print(text);
    if (options.port === undefined && window.port !== DEFAULT_PORT) {
      output.note(`the port ${DEFAULT_PORT} is taken by another program, so it is ${window.port} this time`);
    }
    output.note("end it with Ctrl-C; running work goes on at the agents");
    if (options.open === true) openBrowser(window.secretUrl, (problem) => output.note(problem));
    await Promise.race([
      host.ended,
      new Promise<void>((resolve) => stop.signal.addEventListener("abort", () => resolve())),
    ]);
    return EXIT.done;
  } finally {
    await resources.dispose();
  }
}

const OPENERS: Readonly<Partial<Record<NodeJS.Platform, readonly [string, ...string[]]>>> = {
  darwin: ["open"],
  win32: ["cmd", "/c", "start", ""],
};

/** Tries; people can always open the printed address themselves. */
function openBrowser(url: string, tell: (problem: string) => void): void {
  const [program, ...args] = OPENERS[process.platform] ?? ["xdg-open"];
  const child = spawn(program, [...args, url], { stdio: "ignore", detached: true });
  child.once("error", (error) => tell(`the browser could not be opened (${error.message}): open the address by hand`));
  child.unref();
}
