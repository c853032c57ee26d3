import { Kind, type TSchema, type TUnsafe, Type, TypeRegistry } from "@sinclair/typebox";
import { abs, compare, type Decimal, decimal, formatDecimal, scaleOf, sign } from "./decimal.ts";
import { decimalOf } from "./json.ts";

/** A decimal as it comes in: text, a JSON number, or one that `readJson` kept as it was written. */
export type DecimalInput = string | number | { readonly rawJSON: string };

type Range = "any" | "not_negative" | "positive";

const kind = "Decimal";
const decimalsMax = 12;
const ceiling = decimal("1e18");

TypeRegistry.Set<TSchema>(kind, (schema, value) => decimalFault(schema, value) === null);

/**
 * The schema of a decimal: a JSON number or a decimal string, below 10^18 and with up to 12 decimals. Checked by
 * the kind "Decimal", so that no digit passes through a float.
 */
export function DecimalText(range: Range, description: string): TUnsafe<DecimalInput> {
  return Type.Unsafe<DecimalInput>({
    [Kind]: kind,
    type: ["string", "number"],
    description,
    ...(range === "not_negative" ? { minimum: 0 } : range === "positive" ? { exclusiveMinimum: 0 } : {}),
  });
}

/** True for a schema made by `DecimalText`; `decimalFault` then says what is wrong with a value. */
export function isDecimalSchema(schema: TSchema): boolean {
  return schema[Kind] === kind;
}

/** What keeps a value from being the decimal a schema asks for, in words that follow "field 'x'"; null when nothing. */
export function decimalFault(schema: TSchema, value: unknown): string | null {
  const read = decimalOf(value);
  if (read === null) return "must be a decimal number or string";
  if (schema.minimum === 0 && sign(read) < 0) return "must not be negative";
  if (schema.exclusiveMinimum === 0 && sign(read) <= 0) return "must be above zero";
  return sizeFault(read);
}

/** What makes a decimal too large or too fine to be a quantity or an amount; null when nothing. */
export function sizeFault(value: Decimal): string | null {
  if (value.s > decimalsMax && scaleOf(value) > decimalsMax)
    return `must not have more than ${decimalsMax} decimals`;
  // A coefficient that is a plain number is below 2^53, which no scale makes larger.
  if (typeof value.c === "bigint" && compare(abs(value), ceiling) >= 0) return "must be below 10^18";
  return null;
}

/** The value with every decimal its schema names written plainly, as text: how amounts are stored and answered. */
export function plainDecimals(schema: TSchema, value: unknown): unknown {
  if (isDecimalSchema(schema)) {
    const read = decimalOf(value);
    return read === null ? value : formatDecimal(read);
  }
  const either: TSchema | undefined = schema.anyOf?.find(isDecimalSchema);
  if (either !== undefined) return plainDecimals(either, value);
  if (Array.isArray(value)) return value.map((item) => plainDecimals(schema.items, item));
  const properties: Readonly<Record<string, TSchema>> | undefined = schema.properties;
  if (properties === undefined || typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => {
      const inner = properties[name];
      return [name, inner === undefined ? item : plainDecimals(inner, item)];
    }),
  );
}
