import type { Json } from "#core/base/json.ts";
import { around, counted, type NaiveNode } from "./naive-node.ts";

/** What cannot be evaluated. */
export class Unevaluable extends Error {}

/** The few kinds of expression that random workflows hold, evaluated without the product's evaluator. Throws `Unevaluable`. */
export function evaluate(source: string, node: NaiveNode, own: Readonly<Record<string, Json>> = {}): Json {
  const binary = /^(.+?) (\+|\/|<|>|==) (.+)$/.exec(source);
  const [, left, operator, right] = binary ?? [];
  if (left === undefined || operator === undefined || right === undefined) return valueOf(source, node, own);
  return apply(operator, valueOf(left, node, own), valueOf(right, node, own), source);
}

function apply(operator: string, left: Json, right: Json, source: string): Json {
  if (operator === "==") return left === right;
  if (typeof left !== "number" || typeof right !== "number") throw new Unevaluable(source);
  switch (operator) {
    case "+":
      return left + right;
    case "<":
      return left < right;
    case ">":
      return left > right;
    default:
      if (right === 0) throw new Unevaluable(source);
      return left / right;
  }
}

function valueOf(source: string, node: NaiveNode, own: Readonly<Record<string, Json>>): Json {
  if (/^[["\d]|^(true|false)$/.test(source)) return JSON.parse(source);
  const [name = "", ...fields] = source.split(".");
  if (name === "nodes") return fieldOf(fields, node);
  let value = Object.hasOwn(own, name) ? (own[name] ?? null) : placeOf(name, node);
  for (const field of fields) {
    if (typeof value !== "object" || value === null || Array.isArray(value) || !Object.hasOwn(value, field))
      throw new Unevaluable(source);
    value = (value as Readonly<Record<string, Json>>)[field] ?? null;
  }
  return value;
}

/** The workflow whose variables a node sees. */
export function workflowOf(node: NaiveNode): NaiveNode {
  for (const outer of around(node))
    if (outer !== node && (outer.kind === "workflow" || outer.kind === "subworkflow")) return outer;
  return node;
}

function placeOf(name: string, node: NaiveNode): Json {
  switch (name) {
    case "variables":
      return workflowOf(node).variables;
    case "inputs":
      return workflowOf(node).inputs;
    case "level":
      return node.level;
    default:
  }
  for (const outer of around(node)) {
    if (outer.kind === "subworkflow" && outer !== node) break;
    if (outer.kind !== "group") continue;
    if (name === "index" && outer.parent?.shape === "items") return outer.position;
    if (name === "iteration" && outer.parent?.shape === "iterations") return outer.position + 1;
  }
  throw new Unevaluable(name);
}

function fieldOf([id, field]: readonly string[], node: NaiveNode): Json {
  for (const outer of around(node)) {
    const found = outer.parent?.children.find((child) => child.id === id && child.kind !== "group");
    if (found === undefined) continue;
    switch (field) {
      case "state":
        return found.state;
      case "completed":
        return countOf(found, "completed");
      case "failed":
        return countOf(found, "failed") + countOf(found, "cancelled");
      case "iterations":
        return found.children.length;
      default:
    }
  }
  throw new Unevaluable(`nodes.${id ?? ""}.${field ?? ""}`);
}

function countOf(node: NaiveNode, settled: string): number {
  return counted(node).filter((child) => child.settled === settled).length;
}
