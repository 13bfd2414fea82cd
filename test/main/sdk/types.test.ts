import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import ts from "typescript";

const FOLDER = path.join(import.meta.dirname, "types");
const CONFIG = path.join(import.meta.dirname, "../../tsconfig.json");
const DIRECTIVE = /^\s*\/\/ @ts-expect-error (?<said>.*)$/;

interface Complaint {
  readonly line: number;
  readonly text: string;
}

/** What the compiler says about a file, read with these changes to its text. */
function compile(name: string, change: (text: string) => string): readonly Complaint[] {
  const file = path.join(FOLDER, name);
  const { config } = ts.readConfigFile(CONFIG, ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, path.dirname(CONFIG));
  const host = ts.createCompilerHost(options);
  const readFile = host.readFile.bind(host);
  host.readFile = (one) => (path.resolve(one) === file ? change(readFileSync(file, "utf8")) : readFile(one));
  const program = ts.createProgram([file], options, host);
  const source = program.getSourceFile(file);
  assert.ok(source !== undefined);
  return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map((found) => ({
    line: source.getLineAndCharacterOfPosition(found.start ?? 0).line + 1,
    text: ts.flattenDiagnosticMessageText(found.messageText, "\n"),
  }));
}

for (const name of ["names.ts", "inference.ts"]) {
  test(`[SDK-1] what is right in ${name} is taken by the compiler, and what is wrong is not`, () => {
    assert.deepEqual(
      compile(name, (text) => text),
      [],
    );
  });

  test(`[SDK-1] the compiler says of every wrong line of ${name} what is wrong with it`, () => {
    const lines = readFileSync(path.join(FOLDER, name), "utf8").split("\n");
    const expected = lines.flatMap((line, index) => {
      const said = DIRECTIVE.exec(line)?.groups?.["said"];
      return said === undefined ? [] : [{ line: index + 2, said }];
    });
    const complaints = compile(name, (text) => text.replaceAll("@ts-expect-error", "wrong:"));
    assert.deepEqual(
      expected.filter(
        ({ line, said }) => !complaints.some((one) => isAt(one, line) && quoted(one.text).includes(said)),
      ),
      [],
      JSON.stringify(complaints, null, 2),
    );
    assert.ok(expected.length > 5);
  });
}

/** A statement may be written over several lines. */
function isAt(complaint: Complaint, line: number): boolean {
  return complaint.line >= line && complaint.line <= line + 6;
}

/** The compiler shows a reason as the text of a type, with its quotes escaped. */
function quoted(text: string): string {
  return text.replaceAll('\\"', '"');
}
