import assert from "node:assert/strict";
import { spawnSync, type SpawnSyncOptionsWithStringEncoding } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { renderShell } from "#core/expression/evaluate.ts";
import { quoteForShell, type Shell } from "#core/expression/shell.ts";
import type { ScopeValues } from "#core/expression/scope.ts";

function script(source: string, item: string, shell?: Shell): string {
  const scope: ScopeValues = { inputs: {}, variables: {}, nodes: {}, level: 1, item };
  const result = renderShell({ kind: "template", source }, scope, shell);
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}

/** What a script prints; and it must not have made a file, which is what the hostile values try. */
function run(source: string, item: string, shell = "/bin/sh"): string {
  const folder = mkdtempSync(path.join(tmpdir(), "lanweave-shell-"));
  try {
    // As on an agent: a socket as stdin would make a bash believe that it is a remote one.
    const options: SpawnSyncOptionsWithStringEncoding = {
      cwd: folder,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    };
    const { stdout, stderr, status } = spawnSync(shell, ["-eu", "-c", script(source, item)], options);
    assert.deepEqual({ status, stderr, made: readdirSync(folder) }, { status: 0, stderr: "", made: [] });
    return stdout;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const HOSTILE = [
  "$(touch pwned)",
  "`touch pwned`",
  "'; touch pwned; '",
  '"; touch pwned; "',
  "a\nEOF\ntouch pwned\n",
  "a b  c*",
  "\\",
  "-n",
  "$HOME",
  "é 中 🎉",
  "''",
  "",
];

const PLACES: readonly (readonly [string, (value: string) => string])[] = [
  ["printf %s {{ item }}", (value) => value],
  ['printf %s "<{{ item }}>"', (value) => `<${value}>`],
  ["printf %s a{{ item }}b", (value) => `a${value}b`],
  ["cat <<EOF\n{{ item }}\nEOF", (value) => `${value}\n`],
  ["cat <<-EOF\n\tdon't {{ item }}\n\tEOF\nprintf %s {{ item }}", (value) => `don't ${value}\n${value}`],
  ["# it's {{ item }}\nprintf %s {{ item }}", (value) => value],
  ["printf %s \"$(printf '%s.' {{ item }})\"", (value) => `${value}.`],
  ['printf %s "${unset:-{{ item }}}"', (value) => value],
  ['f() { printf %s "$1"; }; f {{ item }}', (value) => value],
  ['x={{ item }}; printf %s "$x"', (value) => value],
  ["case {{ item }} in *) printf %s {{ item }};; esac", (value) => value],
];

test("[FILE-4] a value is one word wherever it stands in a script, and never code", () => {
  for (const [source, expected] of PLACES)
    for (const value of HOSTILE)
      assert.equal(run(source, value), expected(value), `${source} with ${JSON.stringify(value)}`);
});

test("[FILE-4] bash takes a value as sh does", () => {
  for (const [source, expected] of PLACES)
    for (const value of HOSTILE.slice(0, 5)) assert.equal(run(source, value, "/bin/bash"), expected(value), source);
});

test("[FILE-4] any text comes through a script unchanged", () => {
  const text = fc.string({ unit: "binary", maxLength: 40 }).filter((value) => !value.includes("\0"));
  fc.assert(
    fc.property(fc.array(text, { minLength: 1, maxLength: 5 }), (values) => {
      for (const value of values)
        assert.equal(run('printf %s {{ item }}; printf %s "{{ item }}"', value), value + value);
    }),
    { numRuns: 20 },
  );
});

test("[FILE-4] a place where the shell reads no variable is refused", () => {
  assert.throws(() => script("awk '{ print {{ item }} }'", "x"), /inside single quotes/);
  assert.throws(() => script("echo $(( {{ item }} + 1 ))", "x"), /inside \$\(\( \)\)/);
  assert.throws(() => script("cat <<'EOF'\n{{ item }}\nEOF", "x"), /single quotes/);
  assert.throws(() => script("echo {{ item }}", "a\0b"), /NUL/);
});

test("[FILE-4] a script without places is left alone", () => {
  assert.equal(script("echo '$HOME' # {", "x"), "echo '$HOME' # {");
});

test("[FILE-4] PowerShell gets its own quotes, the typographic ones doubled too", () => {
  assert.equal(quoteForShell("it's ‘x’", "pwsh"), "'it''s ‘‘x’’'");
  assert.equal(
    script('Write-Output {{ item }} "{{ item }}"', "a'b", "pwsh"),
    "$lanweave_1='a''b'; $lanweave_2='a''b'; Write-Output \"${lanweave_1}\" \"${lanweave_2}\"",
  );
  assert.throws(() => script("Write-Output '{{ item }}'", "x", "pwsh"), /single quotes/);
});
