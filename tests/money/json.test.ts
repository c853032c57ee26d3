import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { compare, decimal, formatDecimal, parseDecimal } from "../../src/money/decimal.ts";
import { decimalOf, isRawNumber, readJson } from "../../src/money/json.ts";
import { isWellFormed, samples } from "./rational.ts";

function plain(value: unknown): string | null {
  const read = decimalOf(value);
  return read === null ? null : formatDecimal(read);
}

test.each([
  ["25.00", "25"],
  ["0.1", "0.1"],
  ["-0", "0"],
  ["0.0000004", "0.0000004"],
  ["0.00000000000001", "0.00000000000001"],
  ["123456789012345", "123456789012345"],
  ["1234567890123456", "1234567890123456"],
  ["9007199254740993", "9007199254740993"],
  ["0.1234567890123456789", "0.1234567890123456789"],
  ["12345678901234567890.123456789", "12345678901234567890.123456789"],
  ["1.5e3", "1500"],
  ["4E-7", "0.0000004"],
  ["-1e+2", "-100"],
  ["1e400", null], // beyond what parseDecimal takes, and not Infinity
  ["1e-400", null], // and not zero
])("the number %s is read as %p wherever it stands", (literal, wanted) => {
  expect(plain(readJson(literal))).toBe(wanted);
  expect(plain(readJson(` ${literal} `))).toBe(wanted);
  const document = readJson(`{"a":${literal},"b":[1, ${literal} ,{"c": ${literal}}]}`) as {
    a: unknown;
    b: [number, unknown, { c: unknown }];
  };
  expect([document.a, document.b[1], document.b[2].c].map(plain)).toEqual([wanted, wanted, wanted]);
});

test("short numbers stay plain numbers beside long ones, and all is written back as it was read", () => {
  const text = '{"a":1,"b":12345678901234567890,"c":[0.5,1e5],"d":"x","e":null,"f":true}';
  const document = readJson(text) as { a: unknown; b: unknown; c: unknown[] };
  expect(document.a).toBe(1);
  expect(document.c[0]).toBe(0.5);
  expect([document.a, document.b, document.c[1]].map(isRawNumber)).toEqual([false, true, true]);
  expect(JSON.stringify(document)).toBe(text);
});

test("text that only looks like a number is left alone", () => {
  const document = {
    id: "evt 12345678901234567",
    hex: ": 12e4",
    list: ["1e5", ",9999999999999999999"],
    n: 7,
  };
  expect(readJson(JSON.stringify(document))).toEqual(document);
});

test.each(["", "{", '{"a":1e}', "[1e5,]", "01", "12345678901234567.", "NaN", "{'a':1}", "[".repeat(100_000)])(
  "%.20s is a SyntaxError",
  (text) => {
    expect(() => readJson(text)).toThrow(SyntaxError);
  },
);

test("a number nested too deeply to be read with all its digits is a SyntaxError too", () => {
  const deep = 1_000_000;
  expect(() => readJson(`${"[".repeat(deep)}1e5${"]".repeat(deep)}`)).toThrow(SyntaxError);
});

test("a key named __proto__ is only a key", () => {
  const document = readJson('{"__proto__":{"x":1e5}}') as object;
  expect(Object.keys(document)).toEqual(["__proto__"]);
  expect("x" in document).toBe(false);
});

test("an object that a client shapes like a kept number is none", () => {
  expect(decimalOf({ rawJSON: "5" })).toBeNull();
  expect(isRawNumber(readJson('{"rawJSON":"12345678901234567890"}'))).toBe(false);
});

test.each([
  [25, "25"],
  [0.1 + 0.2, "0.30000000000000004"],
  [1e21, "1000000000000000000000"],
  [-0, "0"],
  ["25.00", "25"],
  ["1e3", "1000"],
  ["", null],
  ["12a", null],
  [Number.NaN, null],
  [Number.POSITIVE_INFINITY, null],
  [null, null],
  [undefined, null],
  [true, null],
  [{}, null],
  [[5], null],
  [5n, null],
])("decimalOf(%p) is %p", (value, wanted) => {
  expect(plain(value)).toBe(wanted);
});

describe("laws", () => {
  const literals = fc
    .tuple(
      fc.constantFrom("", "-"),
      fc.oneof(fc.constant("0"), fc.stringMatching(/^[1-9]\d{0,24}$/)),
      fc.option(fc.stringMatching(/^\d{1,25}$/), { nil: null }),
      fc.option(fc.stringMatching(/^[eE][-+]?\d{1,3}$/), { nil: null, freq: 3 }),
    )
    .map(([minus, whole, fraction, exponent]) => {
      return `${minus}${whole}${fraction === null ? "" : `.${fraction}`}${exponent ?? ""}`;
    });
  const spaces = fc.constantFrom("", " ", "\n\t", "\r\n  ");

  test("no digit of any literal is lost, whatever stands around it", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(literals, fc.string()), { maxLength: 6 }), spaces, (rows, space) => {
        const list = rows.map(
          ([literal, text]) => `[${JSON.stringify(text)}${space},${space}${literal}${space}]`,
        );
        const read = readJson(`[${list.join(",")}]`) as [string, unknown][];
        read.forEach(([text, value], index) => {
          const [literal, wantedText] = rows[index] ?? ["", ""];
          expect(text).toBe(wantedText);
          const wanted = parseDecimal(literal);
          expect(plain(value)).toBe(wanted === null ? null : formatDecimal(wanted));
        });
      }),
      { numRuns: 3000 },
    );
  });

  test("reads what JSON.parse reads", () => {
    fc.assert(
      fc.property(fc.json(), spaces, (text, space) => {
        const document = readJson(`${space}${text}${space}`);
        expect(JSON.parse(JSON.stringify(document))).toEqual(JSON.parse(text));
      }),
      { numRuns: 1000 },
    );
  });

  test("a number and its text are the same decimal", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.maxSafeInteger(),
          samples.map((x) => Number(x.text)),
        ),
        (n) => {
          const read = decimalOf(n);
          if (read === null) throw new Error(`${n} was not read`);
          expect(isWellFormed(read)).toBe(true);
          expect(compare(read, decimal(String(n)))).toBe(0);
        },
      ),
    );
  });
});
