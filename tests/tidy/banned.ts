import { layerOf } from "./layers.ts";
import type { Rule } from "./repository.ts";
import { lineAt } from "./source.ts";

interface Ban {
  readonly name: string;
  readonly pattern: RegExp;
  /** The layers it holds in; all of them where none are named. */
  readonly layers?: readonly string[];
  /** Files it does not hold for. */
  readonly except?: RegExp;
  /** Comments and strings count too. */
  readonly inText?: true;
  readonly instead: string;
}

const pure = ["domain", "actors"];
const shipped = [...pure, "ports", "services", "adapters", "wiring", "http", "shards"];
const timeless = ["ports", "services", "wiring", "http", "shards"];
/** What people start by hand, which talks to them and lives in real time. */
const byHand = /^shards\/(main\.ts|install\.mjs|cli\/)/;

const bans: readonly Ban[] = [
  {
    name: "the domain and the actors do not wait",
    pattern: /\b(?:await|async|setTimeout|setInterval|setImmediate|queueMicrotask)\b/g,
    layers: pure,
    instead: "return a value; waiting is the shard's business",
  },
  {
    name: "the domain and the actors read no clock and draw no lots",
    pattern:
      /\bDate\.now\b|\bnew Date\b|\bTemporal\.Now\b|\bperformance\.|\bMath\.random\b|(?<!\.)\bcrypto\./g,
    layers: pure,
    instead: "take the instant or the id as an argument",
  },
  {
    name: "the domain and the actors reach for nothing outside",
    pattern: /\b(?:process|Bun|console|globalThis)\.|(?<![.\w])fetch\(/g,
    layers: pure,
    instead: "take it as an argument, or return a fact",
  },
  {
    name: "only the clock reads the clock",
    pattern: /\bDate\.now\b|\bnew Date\(\)|\bTemporal\.Now\b|\bMath\.random\b/g,
    layers: timeless,
    except: byHand,
    instead: "ask the Clock or the IdSource you are given",
  },
  {
    name: "one file knows the calendar",
    pattern: /\bTemporal\b/g,
    layers: shipped,
    except: /^src\/time\/calendar\.ts$/,
    instead: "src/time/calendar.ts",
  },
  {
    name: "the environment is read in one place",
    pattern: /\b(?:process|Bun|import\.meta)\.env\b/g,
    layers: shipped,
    except: /^shards\/(main\.ts|install\.mjs)$/,
    instead: "add a variable to src/config.ts and pass the value down",
  },
  {
    name: "amounts are never floats",
    pattern: /\bparseFloat\b|\.toFixed\(|\.toPrecision\(|\bMath\.round\b/g,
    layers: pure,
    instead: "src/money",
  },
  {
    name: "only commands print",
    pattern: /\bconsole\./g,
    layers: shipped,
    except: byHand,
    instead: "return it, or write a log line where the process does",
  },
  {
    name: "nothing is of every type",
    pattern: /(?<![.\w$])any\b(?!\s*[:(])/g,
    instead: "unknown, and look",
  },
  {
    name: "nothing is left unfinished",
    pattern: /\b(?:TO[D]O|FIX[M]E|HAC[K])\b/g,
    inText: true,
    instead: "finish it, or open an issue",
  },
];

/** Words that must not stand somewhere, each with what to do about it. */
export const banRules: readonly Rule[] = bans.map((ban) => ({
  name: ban.name,
  check: ({ sources }) => sources.flatMap((source) => offences(ban, source)),
}));

function offences(ban: Ban, { path, text, code }: { path: string; text: string; code: string }): string[] {
  const layer = layerOf(path);
  if (layer === null || ban.layers?.includes(layer) === false || ban.except?.test(path)) return [];
  const looked = ban.inText ? text : code;
  return [...looked.matchAll(ban.pattern)].map(
    (match) => `${path}:${lineAt(looked, match.index)}: ${match[0].trim()}; instead: ${ban.instead}`,
  );
}
