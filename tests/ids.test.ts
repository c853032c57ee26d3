import { describe, expect, test } from "bun:test";
import { hash } from "node:crypto";
import fc from "fast-check";
import { derivedId, idPrefixes, idPrefixOf, isId, newId } from "../src/ids.ts";

const at = Date.UTC(2026, 1, 1);
const zeros = new Uint8Array(10);
const ones = new Uint8Array(10).fill(0xff);

test("an id is the UUIDv7 of its time and randomness in base 32", () => {
  // The example of RFC 9562, A.6: 017F22E2-79B0-7CC3-98C4-DC0C0C07398F.
  const random = Uint8Array.from([0x0c, 0xc3, 0x18, 0xc4, 0xdc, 0x0c, 0x0c, 0x07, 0x39, 0x8f]);
  const id = newId("cust", 0x017f22e279b0, random);
  expect(id).toBe("cust_01fwhe4ydgfk1shh6w1g60eecf");
  expect(uuidOf(id)).toBe("017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
});

test("ids sort by time first, whatever the randomness", () => {
  fc.assert(
    fc.property(
      fc.nat({ max: 2 ** 48 - 2 }),
      fc.uint8Array({ minLength: 10, maxLength: 10 }),
      (ms, random) => {
        expect(newId("inv", ms, ones) < newId("inv", ms + 1, random)).toBe(true);
        expect(newId("inv", ms, zeros) <= newId("inv", ms, random)).toBe(true);
        expect(newId("inv", ms, random) <= newId("inv", ms, ones)).toBe(true);
      },
    ),
  );
});

test("an id holds its time and the 74 bits of randomness a UUIDv7 has", () => {
  fc.assert(
    fc.property(
      fc.nat({ max: 2 ** 48 - 1 }),
      fc.uint8Array({ minLength: 10, maxLength: 10 }),
      (ms, random) => {
        const bytes = Uint8Array.from(random);
        bytes[0] = 0x70 | ((bytes[0] ?? 0) & 0x0f);
        bytes[2] = 0x80 | ((bytes[2] ?? 0) & 0x3f);
        const hex = ms.toString(16).padStart(12, "0") + Buffer.from(bytes).toString("hex");
        expect(uuidOf(newId("req", ms, random)).replaceAll("-", "")).toBe(hex);
      },
    ),
  );
});

test("what cannot be an id's time or randomness is a bug", () => {
  for (const ms of [-1, 0.5, 2 ** 48, Number.NaN]) expect(() => newId("co", ms, zeros)).toThrow();
  expect(() => newId("co", at, new Uint8Array(9))).toThrow();
});

describe("derived ids", () => {
  test("are the same for the same things, today and after an upgrade", () => {
    expect(derivedId("li", at, "sub_1", "price_1", "0")).toBe(derivedId("li", at, "sub_1", "price_1", "0"));
    const digest = hash("sha256", "li.5:sub_17:price_11:0", "buffer").subarray(0, 10);
    expect(derivedId("li", at, "sub_1", "price_1", "0")).toBe(newId("li", at, digest));
    expect(derivedId("li", at, "sub_1", "price_1", "0")).toBe("li_01kgb7zk00ftgseenc6hkbyveg");
  });

  test("differ with any part, its place, the prefix and the time", () => {
    const ids = [
      derivedId("li", at, "ab", "c"),
      derivedId("li", at, "a", "bc"),
      derivedId("li", at, "abc"),
      derivedId("li", at, "ab", "c", ""),
      derivedId("li", at, "c", "ab"),
      derivedId("li", at),
      derivedId("li", at, "1:a"),
      derivedId("li", at + 1, "ab", "c"),
      derivedId("inv", at, "ab", "c"),
    ];
    expect(new Set(ids.map((id) => id.slice(id.indexOf("_")))).size).toBe(ids.length);
  });

  test("are distinct for distinct lists of parts", () => {
    const parts = fc.array(fc.string({ maxLength: 3 }), { maxLength: 4 });
    fc.assert(
      fc.property(parts, parts, (a, b) => {
        const sameParts = JSON.stringify(a) === JSON.stringify(b);
        expect(derivedId("pay", at, ...a) === derivedId("pay", at, ...b)).toBe(sameParts);
      }),
      { numRuns: 2000 },
    );
  });
});

describe("reading", () => {
  test("every prefix is known again", () => {
    for (const prefix of idPrefixes) {
      const id = newId(prefix, at, ones);
      expect(isId(prefix, id)).toBe(true);
      expect(idPrefixOf(id)).toBe(prefix);
      expect(isId(prefix === "co" ? "cust" : "co", id)).toBe(false);
    }
  });

  const good = newId("cust", at, zeros);
  test.each([
    "",
    "cust",
    "cust_",
    "acme",
    good.slice(0, -1),
    `${good}0`,
    ` ${good}`,
    `${good}\n`,
    good.toUpperCase(),
    good.replace("cust_", "client_"),
    good.replace("cust_", "_"),
    `cust_8${good.slice(6)}`, // more than 128 bits
    `${good.slice(0, -1)}u`, // not in Crockford's alphabet
  ])("%j is no id", (text) => {
    expect(isId("cust", text)).toBe(false);
    expect(idPrefixOf(text)).toBeNull();
  });
});

function uuidOf(id: string): string {
  let bits = 0n;
  for (const character of id.slice(id.indexOf("_") + 1)) {
    bits = bits * 32n + BigInt("0123456789abcdefghjkmnpqrstvwxyz".indexOf(character));
  }
  const hex = bits.toString(16).padStart(32, "0");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
