import { topicParts } from "#core/ipc/replies.ts";
import type { Topics } from "#core/ipc/topics.ts";
import { hasSameStructure } from "#core/view/view-node.ts";
import type { TopicRules } from "./topic-mirror.ts";

type Rules = { readonly [K in keyof Topics]: TopicRules<Topics[K]["head"], Topics[K]["item"]> };

/** The rules of each topic. */
export const topicRules: Rules = {
  fleet: { ...checks("fleet"), keyOf: (agent) => agent.id, hasSameStructure: never },
  runs: { ...checks("runs"), keyOf: (run) => run.run, hasSameStructure: never },
  run: { ...checks("run"), keyOf: (node) => node.path, hasSameStructure },
  log: { ...checks("log"), keyOf: (piece) => String(piece.offset), hasSameStructure: never },
  events: { ...checks("events"), keyOf: (event) => String(event.seq), hasSameStructure: never },
};

/** Only the nodes of a run have a structure that something is arranged by. */
function never(): boolean {
  return true;
}

function checks<K extends keyof Topics>(
  kind: K,
): Pick<TopicRules<Topics[K]["head"], Topics[K]["item"]>, "parseHead" | "parseItem"> {
  const { head, item } = topicParts[kind];
  return { parseHead: (given) => head.safeParse(given).data, parseItem: (given) => item.safeParse(given).data };
}
