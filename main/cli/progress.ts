import type { RunEvent } from "#core/model/event.ts";
import type { RunId } from "#core/model/id.ts";
import type { RunHead } from "#core/model/run.ts";
import { topicName } from "#core/ipc/topics.ts";
import type { CoordinatorClient } from "./client.ts";
import type { Output } from "./output.ts";
import { isFinalNodeState, signOf, taskProgress, toDuration } from "./states.ts";

const REDRAW_MS = 100;
const CLEAR_LINE = "\r\u001b[K";
const DEFAULT_COLUMNS = 80;
/** How often it is asked why nothing runs. */
const ASK_WHY_MS = 3_000;

/** Shows a run's progress on stderr: one live line on a terminal, otherwise a line for each node that has ended. */
export class RunProgress {
  readonly #client: CoordinatorClient;
  readonly #output: Output;
  readonly #run: RunId;
  readonly #isLive: boolean;
  readonly #stops: (() => void)[] = [];
  readonly #startedAt = performance.now();
  #head: RunHead | null = null;
  #toldReason: string | null = null;
  #toldTrouble: string | null = null;
  #isAsking = false;

  constructor(client: CoordinatorClient, output: Output, run: RunId) {
    this.#client = client;
    this.#output = output;
    this.#run = run;
    this.#isLive = process.stderr.isTTY === true;
    const stopWatching = client.watch("runs", topicName.runs, (news) => {
      if (news.kind === "gone") return;
      const heads = news.kind === "snapshot" ? news.items : news.upsert;
      this.#head = heads.find((head) => head.run === run) ?? this.#head;
    });
    const stopFleet = client.watch("fleet", topicName.fleet, (news) => {
      if (news.kind !== "gone" && news.head !== undefined) this.#tellTrouble(news.head.trouble?.message ?? null);
    });
    const asking = setInterval(() => void this.#askWhyNothingRuns(), ASK_WHY_MS);
    this.#stops.push(stopWatching, stopFleet, () => clearInterval(asking));
    if (!this.#isLive) return;
    const redraw = setInterval(() => this.#draw(), REDRAW_MS);
    this.#stops.push(() => clearInterval(redraw));
  }

  take(event: RunEvent): void {
    if (event.type === "WorkflowStateChange" && event.path === "") this.#tellState(event);
    if (event.type !== "NodeStateChange" || !isFinalNodeState(event.to)) return;
    // With --json the events are on stdout already, and on a terminal the line counts them: only trouble is worth a line there.
    const isTrouble = event.to === "failed";
    if (isTrouble || !(this.#isLive || this.#output.isJson))
      this.tell(`${signOf(event.to ?? "")} ${event.path} ${event.to}${why(event)}`);
  }

  /** A line that stays, above the live one. */
  tell(text: string): void {
    this.#output.note(this.#isLive ? `${CLEAR_LINE}${text}` : text);
  }

  dispose(): void {
    for (const stop of this.#stops.splice(0)) stop();
    if (this.#isLive) process.stderr.write(CLEAR_LINE);
  }

  #tellState(event: RunEvent): void {
    if (event.to === "paused") this.tell(`‖ the run is paused${why(event)}; go on with: lanweave resume ${this.#run}`);
    if (event.from === "paused" && event.to === "running") this.tell("▶ the run goes on");
  }

  /** The coordinator cannot go on, or can again. */
  #tellTrouble(trouble: string | null): void {
    if (trouble === this.#toldTrouble) return;
    this.#toldTrouble = trouble;
    this.tell(trouble === null ? "▶ the coordinator goes on" : `! the coordinator is stuck: ${trouble}`);
  }

  #draw(): void {
    const head = this.#head;
    if (head === null) return;
    const { done, total } = taskProgress(head);
    const { running, suspended, failed } = head.counts;
    const parts = [`${head.workflow} ${head.state}`, `${done}/${total} tasks`, `${running} running`];
    if (suspended > 0) parts.push(`${suspended} suspended`);
    if (failed > 0) parts.push(`${failed} failed`);
    parts.push(toDuration(performance.now() - this.#startedAt));
    const line = `${signOf(head.state)} ${parts.join(" · ")}`;
    process.stderr.write(`${CLEAR_LINE}${line.slice(0, (process.stderr.columns || DEFAULT_COLUMNS) - 1)}`);
  }

  async #askWhyNothingRuns(): Promise<void> {
    const head = this.#head;
    if (this.#isAsking || head === null || head.state !== "running" || head.counts.running > 0) return;
    this.#isAsking = true;
    const shown = await this.#client.request("run.show", { run: this.#run });
    this.#isAsking = false;
    if (!shown.ok) return;
    const waiting = shown.value.nodes.find((node) => node.phase === "queued" && node.reason !== null);
    const text = waiting === undefined ? null : `· ${waiting.path} waits: ${waiting.reason ?? ""}`;
    if (text === null || text === this.#toldReason) return;
    this.#toldReason = text;
    this.tell(text);
  }
}

function why(event: RunEvent): string {
  const text = event.reason ?? event.message;
  return text === "" || event.to === "completed" ? "" : `: ${text}`;
}
