/** Characters of one expression. */
export const MAX_EXPRESSION_LENGTH = 10_000;
/** Syntax-tree nodes of one expression. */
export const MAX_EXPRESSION_NODES = 1_000;
/** Nesting of brackets, calls and member accesses in one expression. */
export const MAX_EXPRESSION_DEPTH = 50;
/** How deep `all`, `exists`, `map`, `filter` … may stand inside each other. */
export const MAX_NESTED_MACROS = 2;
/**
 * Work one evaluation may do: one step for each turn of a macro, for each list item and map entry an operator or function is given,
 * and for each 16 characters of text. About a second on a slow machine.
 */
export const MAX_STEPS = 1_000_000;
/** Values (items, entries, scalars) in the result of one expression. */
export const MAX_RESULT_VALUES = 1_000_000;
/** Nesting of a result. */
export const MAX_RESULT_DEPTH = 100;
/** Characters of one rendered text. The process that takes it has narrower limits of its own. */
export const MAX_TEXT_LENGTH = 10_000_000;
