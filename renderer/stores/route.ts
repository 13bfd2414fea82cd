import type { NodePath, RunId } from "#core/model/id.ts";

export type RunTab = "graph" | "tree" | "gantt";
const RUN_TABS: readonly RunTab[] = ["graph", "tree", "gantt"];

/** Where the window is. Each has an address, so back and forward work. */
export type Route =
  | { readonly page: "fleet"; readonly tab?: "topology" }
  | { readonly page: "welcome" }
  /** `query`: which runs are listed, as `run-filter.ts` writes it. */
  | { readonly page: "runs"; readonly query?: string }
  | {
      readonly page: "run";
      readonly run: RunId;
      readonly tab: RunTab;
      readonly node: NodePath | null;
      /** The event whose state is shown; absent: the present. */
      readonly at?: number;
      /** The container that is drawn alone. */
      readonly focus?: NodePath;
    }
  | { readonly page: "library"; readonly workflow: string | null; readonly isEditing?: boolean }
  | { readonly page: "metrics"; readonly run: RunId | null }
  | { readonly page: "settings" };

export type PageName = Route["page"];

/** Reads an address (`location.hash`). What is not understood leads to the library. */
export function parseRoute(hash: string): Route {
  const [way = "", query = ""] = hash.replace(/^#\/?/, "").split("?");
  const [page, first, second] = way.split("/").map(decode);
  switch (page) {
    case "fleet":
      return first === "topology" ? { page: "fleet", tab: "topology" } : { page: "fleet" };
    case "welcome":
      return { page: "welcome" };
    case "runs": {
      if (first === undefined || first === "") return query === "" ? { page: "runs" } : { page: "runs", query };
      const asked = new URLSearchParams(query);
      const node = asked.get("node");
      const tab = RUN_TABS.find((one) => one === second) ?? "graph";
      const focus = asked.get("focus");
      const at = Number(asked.get("at"));
      const instant = Number.isSafeInteger(at) && at > 0 ? { at } : {};
      return {
        page: "run",
        run: first as RunId,
        tab,
        node: node as NodePath | null,
        ...instant,
        ...(focus === null ? {} : { focus: focus as NodePath }),
      };
    }
    case "metrics":
      return { page: "metrics", run: first === undefined || first === "" ? null : (first as RunId) };
    case "settings":
      return { page: "settings" };
    default:
      if (page !== "library" || first === undefined || first === "") return { page: "library", workflow: null };
      return { page: "library", workflow: first, ...(second === "edit" ? { isEditing: true } : {}) };
  }
}

/** The address of a route: `parseRoute` of it gives the route back. */
export function toHash(route: Route): string {
  switch (route.page) {
    case "run": {
      const query = new URLSearchParams({
        ...(route.node === null ? {} : { node: route.node }),
        ...(route.at === undefined ? {} : { at: String(route.at) }),
        ...(route.focus === undefined ? {} : { focus: route.focus }),
      }).toString();
      return `#/runs/${encodeURIComponent(route.run)}/${route.tab}${query === "" ? "" : `?${query}`}`;
    }
    case "library":
      if (route.workflow === null) return "#/library";
      return `#/library/${encodeURIComponent(route.workflow)}${route.isEditing === true ? "/edit" : ""}`;
    case "metrics":
      return route.run === null ? "#/metrics" : `#/metrics/${encodeURIComponent(route.run)}`;
    case "fleet":
      return route.tab === undefined ? "#/fleet" : `#/fleet/${route.tab}`;
    case "runs":
      return route.query === undefined || route.query === "" ? "#/runs" : `#/runs?${route.query}`;
    case "welcome":
    case "settings":
      return `#/${route.page}`;
  }
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
