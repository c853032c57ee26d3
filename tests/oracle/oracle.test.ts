import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { Glob } from "bun";
import { decimal } from "../../src/money/decimal.ts";
import { addExact } from "../../src/money/ratio.ts";
import * as priceMeter from "../../src/subscriptions/price_meter.ts";
import type { Case, MeteredCase, OracleTier } from "./prices/case.ts";
import { difference } from "./prices/compare.ts";
import { prices } from "./prices/family.ts";
import { Random } from "./random.ts";
import { emptyCells, run } from "./run.ts";

const seed = 20260201;
const cases = Array.from({ length: 4000 }, (_, index) => prices.draw(new Random(seed, index), index));
const metered = cases.filter((drawn) => drawn.metric !== null);

describe("the real code and a naive one over fractions", () => {
  test("agree on random usage at random prices, of every kind there is", () => {
    const result = run(prices, seed, 0, cases.length);
    expect(result.failure).toBeNull();
    expect(emptyCells(prices, result)).toEqual([]);
  });

  test("get the same cases from the same seed", () => {
    expect(prices.draw(new Random(seed, 77), 77)).toEqual(cases[77] as Case);
    expect(prices.draw(new Random(seed + 1, 77), 77)).not.toEqual(cases[77] as Case);
  });

  test("share no code", async () => {
    const meeting = ["main.ts", "oracle.test.ts", "prices/compare.ts", "prices/real.ts"];
    const files = [...new Glob("**/*.ts").scanSync(import.meta.dir)].filter(
      (path) => !meeting.includes(path),
    );
    expect(files).toContain("prices/rating.ts");
    for (const path of files) {
      expect({ path, text: await Bun.file(join(import.meta.dir, path)).text() }).toEqual({
        path,
        text: expect.not.stringMatching(/from "(\.\.\/)+src\//),
      });
    }
  });
});

/** What the real code can be told wrong; null where the case has nothing of the kind. */
const wrong: Readonly<Record<string, (drawn: MeteredCase) => MeteredCase | null>> = {
  "a tier that ends a trillionth later": (drawn) => {
    const { price } = drawn;
    if (!("tiers" in price) || price.tiers.length < 2) return null;
    const [first, ...others] = price.tiers as readonly OracleTier[];
    return { ...drawn, price: { ...price, tiers: [{ ...first, up_to: nudged(first?.up_to) }, ...others] } };
  },
  "a package a trillionth larger": (drawn) =>
    drawn.price.model === "package"
      ? priced(drawn, { package_size: nudged(drawn.price.package_size) })
      : null,
  "a free amount that pays for itself": (drawn) =>
    "free_amount" in drawn.price ? priced(drawn, { free_amount: undefined }) : null,
  "one free event too few": (drawn) => {
    const free = "free_events" in drawn.price ? Number(drawn.price.free_events ?? 0) : 0;
    return free === 0 ? null : priced(drawn, { free_events: String(free - 1) });
  },
  "events that cost no minimum": (drawn) =>
    "min_per_event" in drawn.price ? priced(drawn, { min_per_event: undefined }) : null,
  "a cell too few": (drawn) => {
    if (drawn.price.model !== "matrix" || drawn.price.cells.length < 2) return null;
    return priced(drawn, { cells: drawn.price.cells.slice(1) });
  },
  "no included units": (drawn) =>
    drawn.price.included_units === undefined ? null : priced(drawn, { included_units: undefined }),
  "units rounded down in place of up": (drawn) => {
    const { unit_transform } = drawn.price;
    if (unit_transform?.round !== "up") return null;
    return priced(drawn, { unit_transform: { ...unit_transform, round: "down" } });
  },
  "units rounded half up in place of down": (drawn) => {
    const { unit_transform } = drawn.price;
    if (unit_transform?.round !== "down") return null;
    return priced(drawn, { unit_transform: { ...unit_transform, round: "half_up" } });
  },
  "hours that are days": (drawn) => (drawn.price.window === "hour" ? priced(drawn, { window: "day" }) : null),
  "days of a zone an hour away": (drawn) =>
    drawn.price.window === "day" && drawn.span.timezone === "Europe/Berlin"
      ? { ...drawn, span: { ...drawn.span, timezone: "Europe/London" } }
      : null,
  "weeks without summer time": (drawn) =>
    drawn.price.window === "week" && drawn.span.timezone === "America/New_York"
      ? { ...drawn, span: { ...drawn.span, timezone: "Etc/GMT+5" } }
      : null,
  "a flat amount that is not due at zero": (drawn) =>
    "flat_at_zero" in drawn.price && drawn.price.flat_at_zero ? priced(drawn, { flat_at_zero: false }) : null,
  "a filter of the price's that is not looked at": (drawn) =>
    drawn.price.filters === undefined ? null : priced(drawn, { filters: undefined }),
  "above for at least": (drawn) => {
    const { filters = [] } = drawn.metric;
    if (!filters.some(({ op }) => op === "gte")) return null;
    const above = filters.map((filter) => (filter.op === "gte" ? { ...filter, op: "gt" as const } : filter));
    return measured(drawn, { filters: above });
  },
  "half up for half even": (drawn) => {
    const { rounding } = drawn.metric;
    return rounding?.mode === "half_even"
      ? measured(drawn, { rounding: { ...rounding, mode: "half_up" } })
      : null;
  },
  "a period that forgets the one before": (drawn) =>
    drawn.metric.carry_over ? measured(drawn, { carry_over: undefined }) : null,
  "a percentile one rank off": (drawn) =>
    drawn.metric.percentile === "50" ? measured(drawn, { percentile: "50.000000000001" }) : null,
  "the whole month for a part of it": (drawn) =>
    drawn.metric.kind === "weighted_sum" && drawn.span.end - drawn.span.start !== drawn.span.wholeMs
      ? { ...drawn, span: { ...drawn.span, wholeMs: drawn.span.end - drawn.span.start } }
      : null,
  "a period that ends a millisecond later": (drawn) =>
    drawn.metric.kind === "weighted_sum"
      ? { ...drawn, span: { ...drawn.span, end: drawn.span.end + 1 } }
      : null,
  "removing that adds": (drawn) => {
    if (drawn.metric.kind !== "unique with operations") return null;
    return { ...drawn, metric: { ...drawn.metric, kind: "unique" } };
  },
};

describe("the comparison finds out", () => {
  for (const [name, tell] of Object.entries(wrong)) {
    test(name, () => {
      const told = metered.flatMap((drawn) => {
        const instead = tell(drawn);
        return instead === null ? [] : [{ drawn, instead }];
      });
      expect(told.length).toBeGreaterThan(0);
      expect(told.some(({ drawn, instead }) => isWrongAmount(difference(drawn, instead)))).toBe(true);
    });
  }

  const trillionth = decimal("0.000000000001");

  test("a foretold charge that is a trillionth too much", () => {
    const chargeWith: typeof priceMeter.chargeWith = (...usage) =>
      addExact(priceMeter.chargeWith(...usage), trillionth);
    expect(difference(plain, plain, { ...priceMeter, chargeWith })).toBe(
      "after event 0: charge foretold is 0.250000000001, the oracle has 250000000000000000000000/1000000000000000000000000",
    );
  });

  test("a charge that its tiers do not add up to", () => {
    const chargeOf: typeof priceMeter.chargeOf = (...usage) => {
      const charge = priceMeter.chargeOf(...usage);
      return { ...charge, amount: addExact(charge.amount, trillionth) };
    };
    expect(difference(plain, plain, { ...priceMeter, chargeOf })).toStartWith("before any event: amount is");
  });

  test("an event that is taken in twice", () => {
    const takeUsage: typeof priceMeter.takeUsage = (...usage) => {
      priceMeter.takeUsage(...usage);
      priceMeter.takeUsage(...usage);
    };
    const summed: Case = { ...plain, metric: { kind: "sum" } };
    expect(difference(summed, summed, { ...priceMeter, takeUsage })).toStartWith(
      "after event 0: amount is 0.5",
    );
  });

  test("an event of the same time that stands back behind one that came in before it", () => {
    const readUsage: typeof priceMeter.readUsage = (price, metric, event, span) =>
      priceMeter.readUsage(price, metric, { ...event, order: 1000 - event.order }, span);
    const real = { ...priceMeter, readUsage };
    expect(metered.some((drawn) => isWrongAmount(difference(drawn, drawn, real)))).toBe(true);
  });

  test("and names the simplest case like it", () => {
    const blind = { ...prices, difference: (drawn: Case) => (hasLarge(drawn) ? "it is too large" : null) };
    const { failure } = run(blind, seed, 0, 500);
    expect(failure?.simplest.metric === null ? null : failure?.simplest.events).toHaveLength(1);
  });
});

const plain: MeteredCase = {
  model: "per_unit",
  edge: "edge",
  price: { model: "per_unit", unit_amount: "0.25" },
  metric: { kind: "latest" },
  span: { start: 0, end: 86_400_000, wholeMs: 86_400_000, timezone: "UTC" },
  before: [],
  events: [
    { value: "1", fee: null, traits: {}, at: 2, times: 1 },
    { value: "2", fee: null, traits: {}, at: 1, times: 1 },
  ],
  cutAt: null,
};

/** True for a difference in what is charged, and not for a case that could not be run. */
function isWrongAmount(why: string | null): boolean {
  return why !== null && !why.startsWith("the real code fails");
}

function hasLarge(drawn: Case): boolean {
  return drawn.metric !== null && drawn.events.some((event) => Number(event.value) > 1_000_000);
}

/** A trillionth more than a decimal. */
function nudged(text: string | null | undefined): string {
  const [whole = "0", decimals = ""] = (text ?? "0").split(".");
  const c = BigInt(whole + decimals.padEnd(12, "0")) + 1n;
  const digits = String(c).padStart(13, "0");
  return `${digits.slice(0, -12)}.${digits.slice(-12)}`;
}

function priced(drawn: MeteredCase, terms: object): MeteredCase {
  return { ...drawn, price: { ...drawn.price, ...terms } };
}

function measured(drawn: MeteredCase, terms: object): MeteredCase {
  return { ...drawn, metric: { ...drawn.metric, ...terms } };
}
