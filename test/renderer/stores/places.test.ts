import assert from "node:assert/strict";
import { test } from "node:test";
import type { NodePath, RunId } from "#core/model/id.ts";
import { chooseLanguage, parsePreferences } from "#renderer/stores/preferences-data.ts";
import { parseRoute, toHash } from "#renderer/stores/route.ts";
import type { Route } from "#renderer/stores/route.ts";

test("[WIN-3] every place has an address that leads back to it", () => {
  const routes: readonly Route[] = [
    { page: "fleet" },
    { page: "runs" },
    { page: "run", run: "r-1" as RunId, tab: "graph", node: null },
    { page: "run", run: "r-1" as RunId, tab: "tree", node: "a/b[3]/c-d" as NodePath },
    { page: "run", run: "r-1" as RunId, tab: "tree", node: null, at: 812 },
    { page: "library", workflow: null },
    { page: "library", workflow: "两个 / 100%" },
    { page: "metrics", run: null },
    { page: "metrics", run: "r-1" as RunId },
    { page: "settings" },
  ];
  assert.deepEqual(
    routes.map((route) => parseRoute(toHash(route))),
    routes,
  );
});

test("[WIN-3] an address that is not understood leads to the library", () => {
  const library = { page: "library", workflow: null };
  assert.deepEqual(["", "#", "#/", "#/nowhere/at/all", "#/%"].map(parseRoute), [
    library,
    library,
    library,
    library,
    library,
  ]);
});

test("[WIN-10] what was kept is read part by part, and unsound parts fall back", () => {
  const sound = {
    theme: "dark",
    language: "zh",
    sidebar: "narrow",
    panelWidth: 400,
    runTab: "tree",
    timeline: "open",
    idleGaps: "short",
    isWelcomed: true,
  };
  assert.deepEqual(parsePreferences(JSON.stringify(sound)), sound);
  const initial = parsePreferences(null);
  assert.deepEqual(parsePreferences("{"), initial);
  assert.deepEqual(parsePreferences(JSON.stringify({ theme: "pink", panelWidth: 9, sidebar: "narrow" })), {
    ...initial,
    sidebar: "narrow",
  });
});

test("[WIN-10] the language is the chosen one, else the system's first that there is", () => {
  assert.equal(chooseLanguage("zh", ["en-US"]), "zh");
  assert.equal(chooseLanguage(null, ["fr", "zh-Hans-CN", "en"]), "zh");
  assert.equal(chooseLanguage(null, ["fr"]), "en");
});
