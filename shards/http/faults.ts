import { Kind, type TSchema } from "@sinclair/typebox";
import { type ValueError, type ValueErrorIterator, ValueErrorType } from "@sinclair/typebox/errors";
import { decimalFault, isDecimalSchema } from "../../src/money/decimal_schema.ts";

/** What is wrong with a value: where (a JSON pointer) and, in words that follow "field 'x'", why. */
export interface Fault {
  readonly pointer: string;
  readonly reason: string;
}

/** The first thing wrong that helps to mend it: inside a union, what is wrong with the variant that was meant. */
export function firstFault(errors: ValueErrorIterator): Fault | null {
  const error = errors.First();
  if (error === undefined) return null;
  return error.type === ValueErrorType.Union
    ? unionFault(error)
    : { pointer: error.path, reason: reasonOf(error) };
}

/** `/prices/0/unit_amount` as people write it: `prices[0].unit_amount`. */
export function fieldName(pointer: string): string {
  let name = "";
  for (const part of pointer.split("/").slice(1)) {
    const key = part.replaceAll("~1", "/").replaceAll("~0", "~");
    if (/^(0|[1-9]\d*)$/.test(key)) name += `[${key}]`;
    else name += name === "" ? key : `.${key}`;
  }
  return name;
}

function unionFault(error: ValueError): Fault {
  const variants: readonly TSchema[] = error.schema.anyOf;
  const fault = discriminatorFault(variants, error);
  if (fault !== null) return fault;
  // What remains are variants of the value's own JSON type, and among objects those of its discriminator's value.
  const candidates = variants.flatMap((variant, i) =>
    mayMean(variant, error.value) ? [error.errors[i]] : [],
  );
  const faults = candidates.flatMap((errors) => (errors === undefined ? [] : (firstFault(errors) ?? [])));
  const deepest = faults.toSorted((a, b) => b.pointer.length - a.pointer.length)[0];
  if (deepest !== undefined && (faults.length === 1 || deepest.pointer !== error.path)) return deepest;
  return { pointer: error.path, reason: `must be ${nounOf(error.schema)}` };
}

/** Where every object among the variants has a literal of one name: that it is missing or unknown. */
function discriminatorFault(variants: readonly TSchema[], error: ValueError): Fault | null {
  const objects = variants.filter((variant) => variant.type === "object");
  const name = discriminatorOf(objects);
  if (name === null || !isRecord(error.value)) return null;
  const pointer = `${error.path}/${name}`;
  const given = error.value[name];
  const known = objects.flatMap((variant) => constants(variant.properties[name]));
  if (given === undefined) return { pointer, reason: "is required" };
  if (!known.includes(given))
    return { pointer, reason: `must be one of ${[...new Set(known)].map(quoted).join(", ")}` };
  return null;
}

function discriminatorOf(objects: readonly TSchema[]): string | null {
  const [first, ...others] = objects;
  if (first === undefined || others.length === 0) return null;
  const names = Object.keys(first.properties).filter((name) =>
    objects.every((variant) => constants(variant.properties[name]).length > 0),
  );
  return names[0] ?? null;
}

/** The values a schema of literals allows; none for any other schema. */
function constants(schema: TSchema | undefined): unknown[] {
  if (schema === undefined) return [];
  if ("const" in schema) return [schema.const];
  const variants: readonly TSchema[] = schema.anyOf ?? [];
  return variants.length > 0 && variants.every((variant) => "const" in variant)
    ? variants.map((variant) => variant.const)
    : [];
}

function mayMean(variant: TSchema, value: unknown): boolean {
  const types: readonly string[] = [variant.type ?? []].flat();
  if (
    types.length > 0 &&
    !types.includes(jsonType(value)) &&
    !(types.includes("integer") && jsonType(value) === "number")
  )
    return false;
  if (!isRecord(value) || variant.properties === undefined) return !("const" in variant);
  return Object.entries(variant.properties as Record<string, TSchema>).every(
    ([name, schema]) => !("const" in schema) || value[name] === schema.const,
  );
}

function jsonType(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function nounOf(schema: TSchema): string {
  if ("const" in schema) return quoted(schema.const);
  if (isDecimalSchema(schema)) return "a decimal number or string";
  const values = constants(schema);
  if (values.length > 0) return `one of ${values.map(quoted).join(", ")}`;
  if (schema.anyOf !== undefined) return schema.anyOf.map(nounOf).join(" or ");
  switch (schema.type) {
    case "object":
      return "an object";
    case "array":
      return "a list";
    case "integer":
      return "a whole number";
    case "null":
      return "null";
    default:
      return `a ${schema.type ?? schema[Kind]}`;
  }
}

function quoted(value: unknown): string {
  return typeof value === "string" ? `'${value}'` : String(value);
}

function reasonOf({ type, schema, value }: ValueError): string {
  switch (type) {
    case ValueErrorType.ObjectRequiredProperty:
      return "is required";
    case ValueErrorType.ObjectAdditionalProperties:
    case ValueErrorType.IntersectUnevaluatedProperties:
    case ValueErrorType.Never:
      return "is not a known field";
    case ValueErrorType.ObjectMinProperties:
      return "must not be empty";
    case ValueErrorType.ObjectMaxProperties:
      return `must have at most ${schema.maxProperties} fields`;
    case ValueErrorType.ArrayMinItems:
      return `must have at least ${schema.minItems} item${schema.minItems === 1 ? "" : "s"}`;
    case ValueErrorType.ArrayMaxItems:
      return `must have at most ${schema.maxItems} items`;
    case ValueErrorType.ArrayUniqueItems:
      return "must not hold an item twice";
    case ValueErrorType.StringMinLength:
      return schema.minLength === 1
        ? "must not be empty"
        : `must have at least ${schema.minLength} characters`;
    case ValueErrorType.StringMaxLength:
      return `must have at most ${schema.maxLength} characters`;
    case ValueErrorType.StringPattern:
      return `must match ${schema.pattern}`;
    case ValueErrorType.StringFormat:
      return `must be ${formats[schema.format] ?? schema.format}`;
    case ValueErrorType.IntegerMinimum:
    case ValueErrorType.NumberMinimum:
      return `must be at least ${schema.minimum}`;
    case ValueErrorType.IntegerMaximum:
    case ValueErrorType.NumberMaximum:
      return `must be at most ${schema.maximum}`;
    case ValueErrorType.IntegerExclusiveMinimum:
    case ValueErrorType.NumberExclusiveMinimum:
      return `must be above ${schema.exclusiveMinimum}`;
    case ValueErrorType.Kind:
      return (isDecimalSchema(schema) ? decimalFault(schema, value) : null) ?? "is not valid";
    default:
      return `must be ${nounOf(schema)}`;
  }
}

const formats: Readonly<Record<string, string>> = {
  "date-time": "an RFC 3339 date-time such as 2026-02-01T00:00:00Z",
  email: "an email address",
  uri: "an http or https URL",
};
