import type { ScriptContext as PlainContext } from "#core/model/script-context.ts";

/** What the function of a `script` task is given beside its arguments, on an agent. Rule NODE-10. */
export type ScriptContext = PlainContext<AbortSignal>;
