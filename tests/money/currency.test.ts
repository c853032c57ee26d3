import { expect, test } from "bun:test";
import { currencyExponent, isCurrency } from "../../src/money/currency.ts";

test.each([
  ["USD", 2],
  ["EUR", 2],
  ["INR", 2],
  ["XCG", 2],
  ["ZWG", 2],
  ["JPY", 0],
  ["KRW", 0],
  ["ISK", 0],
  ["UGX", 0],
  ["XAF", 0],
  ["KWD", 3],
  ["BHD", 3],
  ["TND", 3],
  ["CLF", 4],
  ["UYW", 4],
])("%s has %d decimals", (code, exponent) => {
  expect(currencyExponent(code)).toBe(exponent);
  expect(isCurrency(code)).toBe(true);
});

test.each([
  "usd",
  "US",
  "USDT",
  "",
  "XYZ",
  "XAU",
  "XXX",
  "XTS",
  "DEM",
  "BGN",
  "HRK",
  "constructor",
  "__proto__",
])("%j is no currency to bill in", (code) => {
  expect(currencyExponent(code)).toBeNull();
  expect(isCurrency(code)).toBe(false);
});

test("decimals agree with the currency data of the runtime, where it has any of its own", () => {
  const differing = Intl.supportedValuesOf("currency").filter((code) => {
    const ours = currencyExponent(code);
    const format = new Intl.NumberFormat("en", { style: "currency", currency: code });
    return ours !== null && ours !== format.resolvedOptions().maximumFractionDigits;
  });
  expect(differing).toEqual(["UYW"]); // whose four decimals ISO lists and the runtime does not know
});
