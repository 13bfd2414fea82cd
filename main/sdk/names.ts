// Names in expressions, read by the compiler. The rule against clever types gives way here: that an unknown name is a compile error is
// what this library promises. Only what can be known for sure is looked at; the validator of workflow files sees the rest.

type Lower =
  | "a"
  | "b"
  | "c"
  | "d"
  | "e"
  | "f"
  | "g"
  | "h"
  | "i"
  | "j"
  | "k"
  | "l"
  | "m"
  | "n"
  | "o"
  | "p"
  | "q"
  | "r"
  | "s"
  | "t"
  | "u"
  | "v"
  | "w"
  | "x"
  | "y"
  | "z";
type WordSign = Lower | Uppercase<Lower> | "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9" | "_" | ".";

/** The words of an expression, dots included. Tail-recursive: the compiler follows it for about a thousand signs. */
type Words<
  Source extends string,
  Word extends string = "",
  Found extends string = never,
> = Source extends `${infer Sign}${infer Rest}`
  ? Sign extends WordSign
    ? Words<Rest, `${Word}${Sign}`, Found>
    : Words<Rest, "", Found | Word>
  : Found | Word;

type Head<Rest extends string> = Rest extends `${infer Name}.${string}` ? Name : Rest;

/** `inputs.width` of `inputs.width.x`; nothing of other words. */
type NameOfWord<Word extends string> =
  Word extends `${infer Kind extends "inputs" | "variables" | "nodes"}.${infer Rest}`
    ? Head<Rest> extends ""
      ? never
      : `${Kind}.${Head<Rest>}`
    : never;

/** An expression without what stands in quotes; one with escapes or both kinds of quotes says nothing. */
type WithoutTexts<Source extends string> = Source extends `${string}\\${string}`
  ? ""
  : Source extends `${string}"${string}`
    ? Source extends `${string}'${string}`
      ? ""
      : Unquoted<Source, '"'>
    : Unquoted<Source, "'">;

type Unquoted<
  Source extends string,
  Quote extends string,
  Kept extends string = "",
> = Source extends `${infer Before}${Quote}${infer Rest}`
  ? Rest extends `${string}${Quote}${infer After}`
    ? Unquoted<After, Quote, `${Kept}${Before} `>
    : ""
  : `${Kept}${Source}`;

/** Part by part, so that only a part without a space is followed sign by sign: long expressions are no deeper than short ones. */
type NamesInParts<Source extends string, Found extends string = never> = Source extends `${infer Part} ${infer Rest}`
  ? NamesInParts<Rest, Found | NameOfWord<Words<Part>>>
  : Found | NameOfWord<Words<Source>>;

/** `inputs.x`, `variables.x` and `nodes.x` that an expression names. */
export type NamesInExpression<Source> = Source extends string ? NamesInParts<WithoutTexts<Source>> : never;

/** The same of the `{{ }}` places of a text. */
export type NamesInText<
  Source,
  Found extends string = never,
> = Source extends `${string}{{${infer Inner}}}${infer Rest}`
  ? NamesInText<Rest, Found | NamesInExpression<Inner>>
  : Found;

/** The same of every text in lists and objects. */
export type NamesInTree<Tree> = Tree extends string
  ? NamesInText<Tree>
  : Tree extends (...values: never) => unknown
    ? never
    : Tree extends readonly (infer Item)[]
      ? NamesInTree<Item>
      : Tree extends object
        ? NamesInTree<Tree[keyof Tree]>
        : never;

/** What the compiler says where a name is not known: nothing is of this type, and its text is the reason. */
export interface Refused<Reason extends string> {
  readonly "this workflow is refused": Reason;
}
