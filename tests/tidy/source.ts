/** One import as written: `from "x"`, `import "x"`, `import("x")` or `new URL("x", ...)`. */
export interface Import {
  readonly specifier: string;
  /** Whether it goes away when types are erased. */
  readonly typeOnly: boolean;
  /** The names in braces, without `type` and `as`; empty for other forms. */
  readonly names: readonly string[];
  readonly line: number;
}

/** A file as the rules see it. */
export interface Source {
  readonly path: string;
  readonly text: string;
  /** The text with comments and the insides of strings, templates and regexes blanked: same length, same lines. */
  readonly code: string;
  readonly imports: readonly Import[];
  /** What stands in quotes. */
  readonly literals: readonly string[];
}

interface Literal {
  readonly start: number;
  readonly value: string;
}

/** Reads a TypeScript or JavaScript file; anything else has no code, only text. */
export function readSource(path: string, text: string): Source {
  if (!/\.(ts|mjs|js)$/.test(path)) return { path, text, code: "", imports: [], literals: [] };
  const { code, literals } = scan(text);
  const imports = literals.flatMap((literal) => importAt(code, literal) ?? []);
  return { path, text, code, imports, literals: literals.map((literal) => literal.value) };
}

/** The line, from 1, that `index` is on. */
export function lineAt(text: string, index: number): number {
  return text.slice(0, index).split("\n").length;
}

function importAt(code: string, { start, value }: Literal): Import | null {
  const before = code.slice(0, start).trimEnd();
  const line = lineAt(code, start);
  if (/\bimport\s*\(?$/.test(before) || (/\bnew URL\($/.test(before) && value.startsWith("."))) {
    return { specifier: value, typeOnly: false, names: [], line };
  }
  if (!/\bfrom$/.test(before)) return null;
  const keywords = [...before.matchAll(/(?:^|[\n;}])\s*(?:import|export)\b/g)];
  const clause = before.slice(keywords.at(-1)?.index ?? 0);
  const listed = (/\{([^}]*)\}/.exec(clause)?.[1] ?? "").split(",").map((name) => name.trim());
  const names = listed.filter((name) => name !== "");
  const typeOnly =
    /\b(?:import|export)\s+type\b/.test(clause) ||
    (names.length > 0 &&
      names.every((name) => name.startsWith("type ")) &&
      !/\bimport\s+\w+\s*,/.test(clause));
  return { specifier: value, typeOnly, names: names.map(bareName), line };
}

function bareName(name: string): string {
  return name.replace(/^type\s+/, "").replace(/\s+as\s+.*$/, "");
}

/** What can stand for one token in which a quote, slash or brace means nothing; the first that matches wins. */
const opaque = {
  comment: /\/\/[^\n]*|\/\*[\s\S]*?\*\//y,
  quoted: /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/y,
  // Up to the end or to the next `${`, from a backtick or from the `}` that closes a substitution.
  template: /[`}](?:[^`\\$]|\\[\s\S]|\$(?!\{))*(?:`|\$\{)/y,
  regex: /\/(?![*/])(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y,
};

/** Where a slash begins a regex, not a division: after an operator, an opening bracket, a keyword, or nothing. */
const beforeRegex = /(?:^|[(,=:[!&|?{};+\-*%<>~^]|\b(?:return|typeof|case|in|of|do|else|void))$/;

function scan(text: string): { code: string; literals: Literal[] } {
  const literals: Literal[] = [];
  const braces: ("block" | "template")[] = [];
  let code = "";
  const take = (pattern: RegExp): string | null => {
    pattern.lastIndex = code.length;
    return pattern.exec(text)?.[0] ?? null;
  };
  while (code.length < text.length) {
    const char = text.charAt(code.length);
    const comment = char === "/" ? take(opaque.comment) : null;
    const quoted = char === '"' || char === "'" ? take(opaque.quoted) : null;
    const closes = char === "}" && braces.pop() === "template";
    const template = char === "`" || closes ? take(opaque.template) : null;
    const regex =
      char === "/" && comment === null && beforeRegex.test(code.trimEnd()) ? take(opaque.regex) : null;
    if (quoted !== null) literals.push({ start: code.length, value: quoted.slice(1, -1) });
    if (template?.endsWith("${")) braces.push("template");
    if (char === "{") braces.push("block");
    if (comment !== null) code += blank(comment);
    else code += hollow(quoted ?? template ?? regex ?? char);
  }
  return { code, literals };
}

/** Keeps the delimiters, so that what stands before and after is still told apart. */
function hollow(token: string): string {
  if (token.length < 2) return token;
  const end = token.endsWith("${") ? 2 : 1;
  return token.charAt(0) + blank(token.slice(1, -end)) + token.slice(-end);
}

function blank(text: string): string {
  return text.replace(/[^\n]/g, " ");
}
