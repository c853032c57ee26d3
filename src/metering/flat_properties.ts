import { formatDecimal } from "../money/decimal.ts";
import { sizeFault } from "../money/decimal_schema.ts";
import { decimalOf } from "../money/json.ts";
import { canonicalText } from "../scalar.ts";
import type { Properties } from "./property.ts";
import { isFolder } from "./property.ts";

/** Texts longer than this are neither counted nor grouped by; see `meteredValue`. */
const textMax = 255;

/** The properties of an event by every field that names one, told apart as metering does. */
export interface FlatProperties {
  /** The canonical text of every scalar. */
  readonly texts: Readonly<Record<string, string>>;
  /** The plain decimal of every scalar that is a number, or the text of one, of a size that can be counted. */
  readonly numbers: Readonly<Record<string, string>>;
  /** Fields of objects and lists: they exist, and are nothing else. */
  readonly folders: readonly string[];
  /** Fields whose text is too long to be counted or grouped by. */
  readonly long: readonly string[];
  /** Fields whose number is too large or too fine to be counted, but not to be compared. */
  readonly beyond: readonly string[];
}

/** Flattens an event's properties: for every field there is, what `propertyAt` gives. Null and what is missing are not in it. */
export function flatProperties(properties: Properties): FlatProperties {
  const flat = {
    // Without a prototype, `__proto__` is a name like any other.
    texts: Object.create(null) as Record<string, string>,
    numbers: Object.create(null) as Record<string, string>,
    folders: [] as string[],
    long: [] as string[],
    beyond: [] as string[],
  };
  const taken = new Set(Object.keys(properties));
  for (const [name, value] of Object.entries(properties)) {
    add(flat, name, value);
    if (isFolder(value) && !name.includes(".")) walk(flat, `${name}.`, value, taken);
  }
  return flat;
}

/** A name with a dot in it, deeper than the top, is on no path; a top-level name goes before a path of the same spelling. */
function walk(flat: Filling, path: string, folder: Properties, taken: ReadonlySet<string>): void {
  for (const [name, value] of Object.entries(folder)) {
    if (name.includes(".")) continue;
    const field = `${path}${name}`;
    if (!taken.has(field)) add(flat, field, value);
    if (isFolder(value)) walk(flat, `${field}.`, value, taken);
  }
}

type Filling = {
  readonly texts: Record<string, string>;
  readonly numbers: Record<string, string>;
  readonly folders: string[];
  readonly long: string[];
  readonly beyond: string[];
};

function add(flat: Filling, field: string, value: unknown): void {
  if (value === null || value === undefined) return;
  const text = canonicalText(value);
  if (text === null) {
    flat.folders.push(field);
    return;
  }
  flat.texts[field] = text;
  if (text.length > textMax) flat.long.push(field);
  const number = decimalOf(value);
  if (number === null) return;
  if (sizeFault(number) === null) flat.numbers[field] = formatDecimal(number);
  else flat.beyond.push(field);
}
