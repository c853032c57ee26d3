import { expect, test } from "bun:test";
import fc from "fast-check";
import { type FlatProperties, flatProperties } from "../../src/metering/flat_properties.ts";
import { type Properties, propertyAt } from "../../src/metering/property.ts";
import { compare, decimal } from "../../src/money/decimal.ts";
import { sizeFault } from "../../src/money/decimal_schema.ts";
import { decimalOf, readJson } from "../../src/money/json.ts";
import { canonicalText } from "../../src/scalar.ts";

/** What is kept of one field. */
function kept(flat: FlatProperties, field: string) {
  const among = (record: Readonly<Record<string, string>>) =>
    Object.hasOwn(record, field) ? (record[field] ?? null) : null;
  return {
    text: among(flat.texts),
    number: among(flat.numbers),
    exists: among(flat.texts) !== null || flat.folders.includes(field),
    long: flat.long.includes(field),
    beyond: flat.beyond.includes(field),
  };
}

/** The same of the property itself. */
function meant(properties: Properties, field: string) {
  const value = propertyAt(properties, field);
  const text = canonicalText(value);
  const number = decimalOf(value);
  return {
    text,
    number: number !== null && sizeFault(number) === null ? number : null,
    exists: value !== undefined && value !== null,
    long: text !== null && text.length > 255,
    beyond: number !== null && sizeFault(number) !== null,
  };
}

function expectSame(properties: Properties, field: string): void {
  const { number, ...rest } = kept(flatProperties(properties), field);
  const { number: wanted, ...others } = meant(properties, field);
  expect([field, rest]).toEqual([field, others]);
  expect(number === null).toBe(wanted === null);
  if (number !== null && wanted !== null) expect(compare(decimal(number), wanted)).toBe(0);
}

const name = fc.constantFrom("a", "b", "a.b", "b.a", "", ".", "a.", "__proto__", "constructor", "ü💡");
const scalar = fc.oneof(
  fc.constantFrom("null", "true", "0", "-0", "1.50", "1e3", "1e17", "1e18", "1e-12", "1e-13", "1e400"),
  fc.constantFrom(
    "999999999999999999.999999999999",
    "0.1234567890123",
    '"7"',
    '"07.10"',
    '"1e2"',
    '""',
    '" 1"',
  ),
  fc.string({ unit: "grapheme", maxLength: 300 }).map((text) => JSON.stringify(text)),
  fc.constant(JSON.stringify("x".repeat(256))),
);
const { json } = fc.letrec<{ json: string; folder: string; list: string }>((tie) => ({
  json: fc.oneof({ depthSize: "small" }, scalar, tie("folder"), tie("list")),
  list: fc.array(tie("json"), { maxLength: 2 }).map((items) => `[${items.join(",")}]`),
  folder: fc
    .uniqueArray(fc.tuple(name, tie("json")), { selector: ([key]) => key, maxLength: 4 })
    .map((entries) => `{${entries.map(([key, value]) => `${JSON.stringify(key)}:${value}`).join(",")}}`),
}));
const field = fc.array(fc.constantFrom("a", "b", "", "__proto__", "constructor", "ü💡"), {
  minLength: 1,
  maxLength: 4,
});

test("every field has what the property it names is, and what is named by none has nothing", () => {
  fc.assert(
    fc.property(
      json.filter((text) => text.startsWith("{")),
      fc.array(field, { minLength: 1, maxLength: 8 }),
      (text, fields) => {
        const properties = readJson(text) as Properties;
        for (const parts of fields) expectSame(properties, parts.join("."));
        const flat = flatProperties(properties);
        for (const known of [...Object.keys(flat.texts), ...flat.folders]) expectSame(properties, known);
      },
    ),
    { numRuns: 1000 },
  );
});

test("worked out by hand", () => {
  const properties = readJson(
    '{"a":{"b":1,"c.d":2,"e":{"f":"x"}},"a.b":"7.0","n":null,"l":[1],"big":1e18,"__proto__":5}',
  ) as Properties;
  const { texts, numbers, folders, beyond } = flatProperties(properties);
  expect(Object.entries(texts)).toEqual([
    ["a.e.f", "x"],
    ["a.b", "7.0"],
    ["big", "1000000000000000000"],
    ["__proto__", "5"],
  ]);
  expect(Object.entries(numbers)).toEqual([
    ["a.b", "7"],
    ["__proto__", "5"],
  ]);
  expect(folders).toEqual(["a", "a.e", "l"]);
  expect(beyond).toEqual(["big"]);
});
