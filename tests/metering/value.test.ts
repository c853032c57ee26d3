import { describe, expect, test } from "bun:test";
import type { Properties } from "../../src/metering/property.ts";
import { groupKey, isValueError, meteredValue } from "../../src/metering/value.ts";
import { formatDecimal } from "../../src/money/decimal.ts";
import { readJson } from "../../src/money/json.ts";
import { metric } from "./metrics.ts";

const sent = (json: string) => readJson(json) as Properties;

function valueIn(parts: Parameters<typeof metric>[0], json: string): string {
  const metered = meteredValue(metric(parts), sent(json));
  if (isValueError(metered)) return metered.reason;
  const { value, removes } = metered;
  return `${removes ? "without " : ""}${typeof value === "string" ? `text ${value}` : formatDecimal(value)}`;
}

describe("the metered value of", () => {
  const unique = { aggregation: "unique" } as const;
  const operated = { ...unique, operation_field: "op" };
  const product = { aggregation: "sum", expression: "a * b" } as const;
  const rows: [parts: Parameters<typeof metric>[0], json: string, expected: string][] = [
    [{}, "{}", "1"],
    [{}, '{"value":"anything"}', "1"],
    [{ aggregation: "sum" }, '{"value":2.50}', "2.5"],
    [{ aggregation: "sum" }, '{"value":"2.50"}', "2.5"],
    [{ aggregation: "sum" }, '{"value":-3}', "-3"],
    [{ aggregation: "sum" }, '{"value":123456789012345678.123456789012}', "123456789012345678.123456789012"],
    [{ aggregation: "sum" }, '{"value":1e-12}', "0.000000000001"],
    [{ aggregation: "sum" }, '{"value":0.1000000000000000}', "0.1"],
    [{ aggregation: "sum", field: "usage.tokens" }, '{"usage":{"tokens":7}}', "7"],
    [{ aggregation: "max" }, "{}", "property 'value' is missing"],
    [{ aggregation: "max" }, '{"value":null}', "property 'value' is missing"],
    [{ aggregation: "max" }, '{"value":"many"}', "property 'value' is not a number"],
    [{ aggregation: "max" }, '{"value":true}', "property 'value' is not a number"],
    [{ aggregation: "max" }, '{"value":{}}', "property 'value' is not a number"],
    [{ aggregation: "latest" }, '{"value":1e-13}', "property 'value' must not have more than 12 decimals"],
    [{ aggregation: "min" }, '{"value":1000000000000000000}', "property 'value' must be below 10^18"],
    [{ aggregation: "min" }, '{"value":-1e18}', "property 'value' must be below 10^18"],
    [{ aggregation: "min" }, '{"value":999999999999999999}', "999999999999999999"],
    [{ aggregation: "unique" }, '{"value":"ann"}', "text ann"],
    [{ aggregation: "unique" }, '{"value":42.0}', "text 42"],
    [{ aggregation: "unique" }, '{"value":false}', "text false"],
    [{ aggregation: "unique" }, '{"value":""}', "text "],
    [{ aggregation: "unique" }, '{"other":1}', "property 'value' is missing"],
    [{ aggregation: "unique" }, '{"value":["ann"]}', "property 'value' is not a text, a number or a boolean"],
    [
      { aggregation: "unique" },
      `{"value":"${"x".repeat(256)}"}`,
      "property 'value' is longer than 255 characters",
    ],
    [operated, '{"value":"ann"}', "text ann"],
    [operated, '{"value":"ann","op":null}', "text ann"],
    [operated, '{"value":"ann","op":"add"}', "text ann"],
    [operated, '{"value":"ann","op":"remove"}', "without text ann"],
    [operated, '{"value":"ann","op":"Remove"}', "property 'op' is neither 'add' nor 'remove'"],
    [operated, '{"value":"ann","op":true}', "property 'op' is neither 'add' nor 'remove'"],
    [operated, '{"op":"remove"}', "property 'value' is missing"],
    [product, '{"a":"2.50","b":4}', "10"],
    [product, '{"a":2}', "the expression has no value: property 'b' is missing"],
    [product, '{"a":1e9,"b":1e9}', "the expression's value must be below 10^18"],
    [product, '{"a":1e-9,"b":5e-4}', "0.000000000001"],
    [{ ...product, expression: "a == b" }, '{"a":1,"b":1}', "the expression's value is not a number"],
    [{ ...product, expression: "a" }, '{"a":"12"}', "12"],
    [{ ...product, expression: "a" }, '{"a":"twelve"}', "the expression's value is not a number"],
    [
      { ...product, expression: "a" },
      '{"a":"1e-13"}',
      "the expression's value must not have more than 12 decimals",
    ],
    [{ ...unique, expression: "lower(user)" }, '{"user":"Ann"}', "text ann"],
    [{ ...unique, expression: "user" }, '{"user":"007"}', "text 007"],
    [{ ...unique, expression: "user / 3" }, '{"user":2}', "text 0.666666666667"],
    [{ ...unique, expression: "user > 1" }, '{"user":2}', "text true"],
    [
      { ...unique, expression: "user" },
      `{"user":"${"x".repeat(256)}"}`,
      "the expression's value is longer than 255 characters",
    ],
    [{ ...operated, expression: "user" }, '{"user":"a","op":"remove"}', "without text a"],
    [{ group_by: ["g"] }, '{"g":{"a":1}}', "property 'g' is not a text, a number or a boolean"],
    [{ group_by: ["g"] }, `{"g":"${"x".repeat(256)}"}`, "property 'g' is longer than 255 characters"],
    [{ group_by: ["g"] }, "{}", "1"],
  ];
  for (const [parts, json, expected] of rows) {
    test(`${JSON.stringify(parts)} in ${json.slice(0, 60)} is ${expected}`, () => {
      expect(valueIn(parts, json)).toBe(expected);
    });
  }
});

describe("the group of an event", () => {
  const group = (fields: string[], json: string) => groupKey(metric({ group_by: fields }), sent(json));

  test("is empty without group_by", () => {
    expect(groupKey(metric({}), { region: "eu" })).toBe("");
    expect(group([], '{"region":"eu"}')).toBe("");
  });

  test("is canonical JSON in the metric's order", () => {
    const key = group(["region", "model"], '{"model":4.0,"region":"eu \\"1\\""}');
    expect(key).toBe('{"region":"eu \\"1\\"","model":"4"}');
    expect(JSON.parse(key)).toEqual({ region: 'eu "1"', model: "4" });
  });

  test("has null for what is missing, apart from a text that says so", () => {
    expect(group(["a"], "{}")).toBe('{"a":null}');
    expect(group(["a"], '{"a":null}')).toBe('{"a":null}');
    expect(group(["a"], '{"a":"null"}')).toBe('{"a":"null"}');
  });

  test("reads a number by its exact value, of any size", () => {
    expect(group(["a"], '{"a":1.50}')).toBe(group(["a"], '{"a":15e-1}'));
    expect(group(["a"], '{"a":12345678901234567890}')).not.toBe(group(["a"], '{"a":12345678901234567891}'));
  });
});
