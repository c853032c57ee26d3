import { describe, expect, test } from "bun:test";
import { type BurnDown, burnDown } from "../../src/credits/burn_down.ts";
import type { Grant } from "../../src/credits/grant.ts";
import { formatDecimal } from "../../src/money/decimal.ts";
import { due, grant } from "./grants.ts";

const shown = ({ applied }: BurnDown): string[] =>
  applied.map(({ grantId, amount }) => `${grantId} ${formatDecimal(amount)}`);
const used = (grants: Grant[], ...lines: string[]): string[] =>
  shown(burnDown(grants, due(...lines), "USD", 100));

describe("the order grants are used in", () => {
  const order: [why: string, first: Partial<Grant>, second: Partial<Grant>][] = [
    ["priority before expiry", { priority: 1 }, { priority: 2, expiresAt: 101 }],
    ["the sooner expiry", { expiresAt: 200 }, { expiresAt: 201 }],
    ["any expiry before none", { expiresAt: 1e12 }, { expiresAt: null }],
    ["expiry before kind", { expiresAt: 200 }, { kind: "promotional", expiresAt: 201 }],
    ["promotional before paid", { kind: "promotional" }, { kind: "paid" }],
    ["kind before age", { kind: "promotional", createdAt: 9 }, { kind: "paid", createdAt: 1 }],
    ["the older", { createdAt: 1 }, { createdAt: 2 }],
    ["of twins the lower id", {}, {}],
  ];
  for (const [why, first, second] of order) {
    test(why, () => {
      const grants = [grant("a", "10", first), grant("b", "10", second)];
      expect(used(grants, "15")).toEqual(["a 10", "b 5"]);
      expect(used(grants.toReversed(), "15")).toEqual(["a 10", "b 5"]);
    });
  }
});

describe("which grants are used", () => {
  test("those in the invoice's currency, in effect, not expired, with something left", () => {
    const grants = [
      grant("euro", "10", { currency: "EUR" }),
      grant("coming", "10", { effectiveAt: 101 }),
      grant("gone", "10", { expiresAt: 100 }),
      grant("empty", "0"),
      grant("just in effect", "1", { effectiveAt: 100 }),
      grant("about to expire", "1", { expiresAt: 101 }),
    ];
    expect(used(grants, "15")).toEqual(["about to expire 1", "just in effect 1"]);
  });

  test("none where nothing is due", () => {
    expect(used([grant("a", "10")])).toEqual([]);
    expect(used([grant("a", "10")], "0")).toEqual([]);
    expect(used([grant("a", "10")], "-5")).toEqual([]);
  });
});

describe("products", () => {
  const api = { productIds: ["api"] };

  test("a limited grant pays lines of its products, all of them together, and no others", () => {
    expect(used([grant("a", "100", api)], "api 30", "seats 20", "5", "api 4")).toEqual(["a 34"]);
    expect(used([grant("a", "100", { productIds: ["api", "seats"] })], "api 30", "seats 20", "5")).toEqual([
      "a 50",
    ]);
  });

  test("what pays everything leaves limited credit its lines", () => {
    // 25 of the first go to seats (20) and api (5), which leaves 25 of api for the second.
    expect(used([grant("all", "25", { priority: 1 }), grant("a", "30", api)], "api 30", "seats 20")).toEqual([
      "all 25",
      "a 25",
    ]);
  });

  test("of two limited grants the one with more room gives way, whatever the lines' order", () => {
    const grants = [
      grant("all", "5", { priority: 1 }),
      grant("a", "5", api),
      grant("s", "5", { productIds: ["seats"], createdAt: 1 }),
    ];
    // Seats take 10: five of them are the first grant's, though api comes first.
    expect(used(grants, "api 5", "seats 10")).toEqual(["all 5", "a 5", "s 5"]);
    expect(used(grants, "seats 10", "api 5")).toEqual(["all 5", "a 5", "s 5"]);
  });

  test("giving way goes on over several grants", () => {
    const grants = [
      grant("ab", "5", { priority: 1, productIds: ["a", "b"] }),
      grant("bc", "5", { priority: 2, productIds: ["b", "c"] }),
      grant("a", "5", { priority: 3, productIds: ["a"] }),
    ];
    expect(used(grants, "a 5", "b 5", "c 5")).toEqual(["ab 5", "bc 5", "a 5"]);
  });

  test("priority goes before paying more in all", () => {
    expect(used([grant("all", "5", { priority: 1 }), grant("a", "5", api)], "api 5")).toEqual(["all 5"]);
  });
});

describe("negative lines", () => {
  const api = { productIds: ["api"] };

  test("lower what is due in all", () => {
    expect(used([grant("a", "100")], "30", "-12.5")).toEqual(["a 17.5"]);
    expect(used([grant("a", "100", api)], "api 30", "-12.5")).toEqual(["a 17.5"]);
  });

  test("lower what is due of their product", () => {
    expect(used([grant("a", "100", api)], "api 30", "api -12", "seats 50")).toEqual(["a 18"]);
    expect(used([grant("a", "100", api)], "api 10", "api -12", "seats 50")).toEqual([]);
  });
});
