import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import ts from "typescript";
import { bundle } from "./bundle.ts";
import { ROOT } from "./check-sources.ts";

// The library for `dist/sdk`: one module, and the declarations of what its public face reaches, with paths that any project resolves.

const FACE = "main/sdk/index";
const SPECIFIER = /(?<before>\bfrom |\bimport\(|^import )"(?<name>[^"]+)"/gm;

/** The library as the package has it. */
export async function buildLibrary(outFolder: string): Promise<void> {
  await bundle(`${FACE}.ts`, join(outFolder, "index.js"));
  writeLibraryTypes(outFolder);
}

/** Writes `index.d.ts` and, below `types`, what it needs. Throws when a type comes from a package, which a consumer may not have. */
function writeLibraryTypes(outFolder: string): void {
  const declarations = emitDeclarations();
  const types = join(outFolder, "types");
  rmSync(types, { recursive: true, force: true });
  const pending = [FACE];
  const seen = new Set(pending);
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    const text = declarations.get(name);
    if (text === undefined) throw new Error(`there are no types of ${name}`);
    const file = join(types, `${name}.d.ts`);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(
      file,
      rewrite(name, text, (found) => !seen.has(found) && seen.add(found) && pending.push(found)),
    );
  }
  writeFileSync(join(outFolder, "index.d.ts"), `export * from "./types/${FACE}.js";\n`);
}

/** By path without ending. */
function emitDeclarations(): ReadonlyMap<string, string> {
  const config = join(ROOT, "main/tsconfig.json");
  const { options } = ts.parseJsonConfigFileContent(
    ts.readConfigFile(config, ts.sys.readFile).config,
    ts.sys,
    dirname(config),
  );
  const program = ts.createProgram([join(ROOT, `${FACE}.ts`)], {
    ...options,
    noEmit: false,
    declaration: true,
    emitDeclarationOnly: true,
    rootDir: ROOT,
    outDir: ROOT,
  });
  const declarations = new Map<string, string>();
  const { diagnostics } = program.emit(undefined, (file, text) => {
    const name = posix.relative(ROOT.replaceAll("\\", "/"), file.replaceAll("\\", "/"));
    declarations.set(name.replace(/\.d\.ts$/, ""), text);
  });
  const [problem] = diagnostics;
  if (problem !== undefined) throw new Error(ts.flattenDiagnosticMessageText(problem.messageText, "\n"));
  return declarations;
}

/** Aliases and `.ts` endings mean something in this repository only. */
function rewrite(from: string, text: string, reach: (name: string) => void): string {
  return text.replaceAll(SPECIFIER, (...match) => {
    const { before, name }: Record<string, string> = match.at(-1);
    const target = toTarget(from, name ?? "");
    reach(target);
    const path = posix.relative(posix.dirname(from), target);
    return `${before}"${path.startsWith(".") ? path : `./${path}`}.js"`;
  });
}

function toTarget(from: string, specifier: string): string {
  const target = specifier.startsWith("#")
    ? specifier.slice(1)
    : specifier.startsWith(".")
      ? posix.join(posix.dirname(from), specifier)
      : null;
  if (target === null) throw new Error(`${from}: the types of the library come from "${specifier}"; use types of ours`);
  return target.replace(/\.ts$/, "");
}
