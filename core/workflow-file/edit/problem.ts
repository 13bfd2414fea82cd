import type { Result } from "../../base/result.ts";

/** Why an edit was refused. `message` is for people who read workflow files. */
export interface EditProblem {
  readonly code:
    | "syntax"
    | "missing-node"
    | "missing-field"
    | "not-siblings"
    | "no-selection"
    | "bad-id"
    | "cycle"
    | "alias"
    | "comments"
    | "into-itself"
    | "has-else"
    | "refused";
  readonly message: string;
}

/** The text after an edit, and the path of the node it was about; null when that node is gone. */
export interface Edited {
  readonly text: string;
  readonly selected: string | null;
}

export type EditResult = Result<Edited, EditProblem>;

/** Ends an edit from wherever it stands. Never leaves this folder: `edit` turns it into a value. */
export class Refusal extends Error {
  readonly problem: EditProblem;

  constructor(code: EditProblem["code"], message: string) {
    super(message);
    this.problem = { code, message };
  }
}
