/** Why what a function returned is no JSON that would come back the same, in words that follow "the function returned"; or null. */
export function whyNoJson(value: unknown, maxDepth: number): string | null {
  return check(value, "", new Set(), maxDepth);
}

function check(value: unknown, place: string, around: Set<unknown>, levelsLeft: number): string | null {
  const at = place === "" ? "" : ` at ${place}`;
  switch (typeof value) {
    case "string":
    case "boolean":
      return null;
    case "number":
      return Number.isFinite(value) ? null : `${value}${at}, which JSON does not have`;
    case "object":
      return value === null ? null : checkObject(value, place, around, levelsLeft);
    case "undefined":
      return null;
    default:
      return `a ${typeof value}${at}, which JSON does not have`;
  }
}

function checkObject(value: object, place: string, around: Set<unknown>, levelsLeft: number): string | null {
  const at = place === "" ? "" : ` at ${place}`;
  if (around.has(value)) return `an object that holds itself${at}`;
  if (value instanceof Map || value instanceof Set)
    return `a ${value.constructor.name}${at}, which would become {}: return Object.fromEntries(map) or [...set]`;
  if (value instanceof Promise) return `a promise${at}: await it first`;
  if ("toJSON" in value && typeof value.toJSON === "function") return null;
  if (levelsLeft === 0) return "what is nested too deep: make it flatter, or write it to a file";
  around.add(value);
  for (const [key, part] of Object.entries(value)) {
    const inner = Array.isArray(value) ? `${place}[${key}]` : place === "" ? key : `${place}.${key}`;
    const problem = check(part, inner, around, levelsLeft - 1);
    if (problem !== null) return problem;
  }
  around.delete(value);
  return null;
}
