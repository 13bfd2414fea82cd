import type { NodePath, RunId } from "#core/model/id.ts";
import type { AttemptKey } from "#core/model/attempt.ts";
import type { Changes, Views } from "./views.ts";

/** Events a snapshot of `events:RUN` starts with. */
const NEWEST_EVENTS = 1_000;
/** Output told in one patch of `log:RUN:PATH`; the rest follows in the next. */
const LOG_BYTES_A_PATCH = 256 * 1024;

export interface TopicSnapshot {
  readonly head: unknown;
  readonly items: readonly unknown[];
}

export interface TopicPatch {
  /** Absent: unchanged. */
  readonly head?: unknown;
  readonly upsert: readonly unknown[];
  readonly remove: readonly string[];
}

/** One watched topic of one client. `"restart"` asks for a new snapshot. */
export interface TopicFeed {
  /** Null when there is no such thing. */
  snapshot(): TopicSnapshot | null;
  /** Null when nothing of this topic changed. */
  patch(changes: Changes): TopicPatch | "restart" | "gone" | null;
  /** True while there is more to tell than the last patch held. */
  hasMore(): boolean;
}

const nothingMore = { hasMore: () => false };

/** The feed behind a topic's name, or null when the name means nothing. */
export function openFeed(topic: string, views: Views): TopicFeed | null {
  const [kind = "", run = "", ...rest] = topic.split(":");
  switch (kind) {
    case "fleet":
      return topic === "fleet" ? fleetFeed(views) : null;
    case "runs":
      return topic === "runs" ? runsFeed(views) : null;
    case "run":
      return runFeed(views, run as RunId);
    case "events":
      return eventsFeed(views, run as RunId);
    case "log":
      return logFeed(views, run as RunId, rest.join(":") as NodePath);
    default:
      return null;
  }
}

function fleetFeed(views: Views): TopicFeed {
  return {
    ...nothingMore,
    snapshot: () => ({ head: views.fleetHead(), items: views.agents() }),
    patch(changes) {
      if (changes.agents.size === 0 && !changes.isFleetHeadChanged) return null;
      const found = [...changes.agents].map((id) => [id, views.agent(id)] as const);
      return {
        ...(changes.isFleetHeadChanged ? { head: views.fleetHead() } : {}),
        upsert: found.flatMap(([, info]) => (info === null ? [] : [info])),
        remove: found.flatMap(([id, info]) => (info === null ? [id] : [])),
      };
    },
  };
}

function runsFeed(views: Views): TopicFeed {
  return {
    ...nothingMore,
    snapshot: () => ({ head: null, items: views.heads() }),
    patch(changes) {
      if (changes.runs.size === 0) return null;
      const found = [...changes.runs].map((run) => [run, views.head(run)] as const);
      return {
        upsert: found.flatMap(([, head]) => (head === null ? [] : [head])),
        remove: found.flatMap(([run, head]) => (head === null ? [run] : [])),
      };
    },
  };
}

function runFeed(views: Views, run: RunId): TopicFeed {
  return {
    ...nothingMore,
    snapshot() {
      const head = views.head(run);
      return head === null ? null : { head, items: views.nodes(run) };
    },
    patch(changes) {
      const paths = changes.nodes.get(run);
      if (paths === undefined && !changes.runs.has(run)) return null;
      const head = views.head(run);
      if (head === null) return "gone";
      const found = [...(paths ?? [])].map((path) => [path, views.node(run, path)] as const);
      return {
        head,
        upsert: found.flatMap(([, node]) => (node === null ? [] : [node])),
        remove: found.flatMap(([path, node]) => (node === null ? [path] : [])),
      };
    },
  };
}

function eventsFeed(views: Views, run: RunId): TopicFeed {
  let told = 0;
  return {
    ...nothingMore,
    snapshot() {
      const head = views.head(run);
      if (head === null) return null;
      told = head.seq;
      return { head: null, items: views.events(run, Math.max(0, head.seq - NEWEST_EVENTS), NEWEST_EVENTS) };
    },
    patch(changes) {
      const fresh = (changes.events.get(run) ?? []).filter((event) => event.seq > told);
      const last = fresh.at(-1);
      if (last === undefined) return changes.runs.has(run) && views.head(run) === null ? "gone" : null;
      told = last.seq;
      return { upsert: fresh, remove: [] };
    },
  };
}

function logFeed(views: Views, run: RunId, path: NodePath): TopicFeed {
  let key: AttemptKey | null = null;
  let told = 0;
  let size = 0;
  const read = () => {
    if (key === null) return [];
    const { pieces, nextOffset } = views.logPieces(key, told, LOG_BYTES_A_PATCH);
    told = nextOffset;
    return pieces;
  };
  return {
    hasMore: () => told < size,
    snapshot() {
      const head = views.logHead(run, path);
      if (head === null) return null;
      key = views.newestAttempt(run, path);
      told = 0;
      size = head.sizeBytes;
      return { head, items: read() };
    },
    patch(changes) {
      if (!changes.logs.has(`${run}:${path}`) && !changes.nodes.get(run)?.has(path) && told >= size) return null;
      const head = views.logHead(run, path);
      if (head === null) return "gone";
      if (views.newestAttempt(run, path)?.fence !== key?.fence) return "restart";
      size = head.sizeBytes;
      return { head, upsert: read(), remove: [] };
    },
  };
}
