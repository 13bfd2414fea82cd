/** A piece of JavaScript or TypeScript, as far as imports are told from other things by it. */
export interface Token {
  readonly kind: "word" | "text" | "sign";
  /** Of a text: what is between its quotes. Numbers are words. */
  readonly value: string;
  /** Counts from 1. */
  readonly line: number;
}

/** Words after which a `/` begins a regular expression, as it does after most signs. */
const BEFORE_REGEX = new Set(
  "return typeof case in of do else void delete throw new await yield instanceof".split(" "),
);

/** Space, a comment, a word, a text, or any other sign. A text that does not end on its line is broken: it is a sign as long as the line. */
const TOKEN =
  /(?<space>\s+|\/\/[^\n]*|\/\*[^]*?(?:\*\/|$))|(?<word>[\p{ID_Continue}$#][\p{ID_Continue}$\u200c\u200d]*)|"(?<double>(?:[^"\\\n]|\\[^])*)(?:"|(?<broken>(?=\n|$)))|'(?<single>(?:[^'\\\n]|\\[^])*)(?:'|(?<torn>(?=\n|$)))|(?<sign>[^])/uy;
/** A regular expression, of which a `/` was read, or what is left of the line. Classes may hold a bare `/`. */
const REGEX = /(?:[^\\/[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*|[^\n]*/y;
/** The text of a template up to its end or its next place. */
const TEMPLATE = /(?:[^`\\$]|\\[^]|\$(?!\{))*(?:`|\$\{|$)/y;

/** The tokens of a source, one after the other, in time and memory that grow with its length only. Never throws. */
export class Tokens {
  readonly #source: string;
  #at = 0;
  #line = 1;
  /** For each template around this place: how many braces are open in it. */
  readonly #templates: number[] = [];
  /** The last one read, which tells whether a `/` divides. */
  #read: Token | undefined;
  #next: Token | undefined;
  #last: Token | undefined;

  constructor(source: string) {
    this.#source = source;
  }

  /** The one before the next. */
  get last(): Token | undefined {
    return this.#last;
  }

  peek(): Token | undefined {
    return (this.#next ??= this.#readToken());
  }

  take(): Token | undefined {
    const token = this.peek();
    this.#next = undefined;
    this.#last = token;
    return token;
  }

  #readToken(): Token | undefined {
    while (this.#at < this.#source.length) {
      const line = this.#line;
      const groups = this.#match(TOKEN)?.groups ?? {};
      const { space, word, broken, torn } = groups;
      if (space !== undefined) continue;
      if (broken !== undefined || torn !== undefined) return this.#keep("sign", '"', line);
      if (word !== undefined) return this.#keep("word", word, line);
      const text = groups["double"] ?? groups["single"];
      if (text !== undefined) return this.#keep("text", text, line);
      const sign = groups["sign"] ?? "";
      if (!this.#skip(sign)) return this.#keep("sign", sign, line);
    }
    return undefined;
  }

  #keep(kind: Token["kind"], value: string, line: number): Token {
    this.#read = { kind, value, line };
    return this.#read;
  }

  /** Regular expressions and the texts of templates say nothing of imports. True when the sign began one. */
  #skip(sign: string): boolean {
    const open = this.#templates.at(-1);
    if (sign === "/" && mayBeginRegex(this.#read)) this.#match(REGEX);
    else if (sign === "`") this.#skipTemplate();
    else if (sign === "}" && open === 0) {
      this.#templates.pop();
      this.#skipTemplate();
    } else {
      if (open !== undefined && sign === "{") this.#templates[this.#templates.length - 1] = open + 1;
      if (open !== undefined && sign === "}") this.#templates[this.#templates.length - 1] = open - 1;
      return false;
    }
    // What comes next comes after a value.
    this.#keep("word", "", this.#line);
    return true;
  }

  #skipTemplate(): void {
    if (this.#match(TEMPLATE)?.[0].endsWith("${") !== true) return;
    this.#templates.push(0);
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#source);
    if (match === null) return null;
    this.#at = pattern.lastIndex;
    for (let at = match[0].indexOf("\n"); at >= 0; at = match[0].indexOf("\n", at + 1)) this.#line += 1;
    return match;
  }
}

function mayBeginRegex(before: Token | undefined): boolean {
  if (before === undefined) return true;
  if (before.kind === "word") return BEFORE_REGEX.has(before.value);
  return before.kind === "sign" && before.value !== ")" && before.value !== "]" && before.value !== "}";
}
