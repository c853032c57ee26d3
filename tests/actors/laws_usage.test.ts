import { expect, test } from "bun:test";
import fc from "fast-check";
import { add, type Decimal, decimal, formatDecimal, sub, ZERO } from "../../src/money/decimal.ts";
import { at, change, flat, graduated, invoicesOf, perUnit, plan, row, sumOf } from "./laws_scenes.ts";
import { StoredCustomer } from "./laws_store.ts";

const kinds = {
  sums: "sum",
  peaks: "max",
  users: "unique",
  calls: "count",
  last: "latest",
  ranks: "percentile",
};
const catalog = [
  ...Object.entries(kinds).map(([id, aggregation]) =>
    row("metric", id, {
      event_type: id,
      aggregation,
      ...(id === "calls" ? {} : { field: "n" }),
      ...(id === "ranks" ? { percentile: "75" } : {}),
    }),
  ),
  row("metric", "by_team", { event_type: "sums", aggregation: "sum", field: "n", group_by: ["team"] }),
  sumOf("stored", "stored", { carry_over: true }),
  row("metric", "level", { event_type: "stored", aggregation: "weighted_sum", field: "n", carry_over: true }),
  row("metric", "newest", { event_type: "calls", aggregation: "latest", field: "n", carry_over: true }),
  row("metric", "members", {
    event_type: "members",
    aggregation: "unique",
    field: "n",
    operation_field: "op",
    carry_over: true,
  }),
  graduated("sums_price", "sums", { minimum_amount: "4" }),
  perUnit("peaks_price", "peaks", "0.335"),
  perUnit("users_price", "users", "1.25", { interval: "week" }),
  perUnit("calls_price", "calls", "0.005"),
  perUnit("last_price", "last", "0.1"),
  perUnit("ranks_price", "ranks", "0.7"),
  graduated("team_price", "by_team", { maximum_amount: "30" }),
  perUnit("stored_price", "stored", "0.3"),
  perUnit("stored_dear", "stored", "0.6"),
  perUnit("level_price", "level", "0.07"),
  perUnit("newest_price", "newest", "0.5"),
  perUnit("members_price", "members", "3"),
  flat("fee", "12.34"),
  plan("sums", ["sums_price", "fee"]),
  plan("most", ["peaks_price", "users_price", "calls_price", "last_price", "ranks_price"]),
  plan("teams", ["team_price", "sums_price"]),
  plan("committed", ["sums_price", "calls_price"], { commitment: { amount: "25", period: "month" } }),
  plan("storage", ["stored_price", "calls_price", "level_price", "newest_price", "members_price"]),
  plan("storage_dear", ["stored_dear", "calls_price", "level_price", "newest_price", "members_price"]),
  row("coupon", "tenth", { percent: "10", duration: "forever" }),
  row("coupon", "two_off", { amount: "2", currency: "USD", duration: "forever" }),
];

interface Event {
  readonly type: string;
  readonly properties: Record<string, unknown>;
  /** Within 91 days from the start. */
  readonly occurred: number;
}

const days = 86_400_000;
const start = at("2026-01-01");
const end = at("2026-04-01");

const event = (types: readonly string[]): fc.Arbitrary<Event> =>
  fc.record({
    type: fc.constantFrom(...types),
    properties: fc.record({
      n: fc.oneof(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 1, max: 3 })),
      team: fc.constantFrom("a", "b"),
      op: fc.constantFrom("add", "remove"),
    }),
    occurred: fc
      .integer({ min: 0, max: (end - start) / 60_000 - 1 })
      .map((minutes) => start + minutes * 60_000),
  });

const scene = (planIds: readonly string[], types: readonly string[]) =>
  fc.record({
    planId: fc.constantFrom(...planIds),
    coupons: fc.subarray(["tenth", "two_off"]),
    graceHours: fc.constantFrom(1, 72, 24 * 40),
    events: fc.uniqueArray(fc.tuple(event(types), fc.integer({ min: 0, max: 120 })), {
      maxLength: 14,
      // Two events of one instant have no order but that of their arrival.
      selector: ([{ occurred }]) => occurred,
    }),
  });
type Scene = ReturnType<typeof scene> extends fc.Arbitrary<infer T> ? T : never;

/** Everything billed once all of it is invoiced, line by line, discounts taken off. */
function billed(ada: StoredCustomer): string {
  let sum: Decimal = ZERO;
  for (const { line_items, discount_total } of invoicesOf(ada)) {
    for (const line of line_items) if (line.type !== "credit") sum = add(sum, decimal(line.amount));
    sum = sub(sum, decimal(discount_total));
  }
  return formatDecimal(sum);
}

/** Sends every event when it is due to arrive, and lives on until everything is invoiced. */
function sent(it: Scene, arrives: (event: Event, shift: number) => number, then = (_: StoredCustomer) => {}) {
  const ada = new StoredCustomer(catalog, "2026-01-01");
  ada.settings = { ...ada.settings, invoice_grace_seconds: it.graceHours * 3600 };
  ada.subscribe(it.planId, { coupons: it.coupons });
  const timeline = it.events.map(([event, shift], nth) => ({ event, nth, when: arrives(event, shift) }));
  for (const { event, nth, when } of timeline.toSorted((a, b) => a.when - b.when)) {
    ada.advance(Math.max(ada.now, when));
    const { type, properties, occurred } = event;
    const outcome = ada.use(type, properties, { eventId: `event ${nth}`, occurredAt: occurred });
    if (outcome.kind !== "facts") throw new Error(`not recorded: ${JSON.stringify(outcome)}`);
  }
  ada.advance(end + 130 * days);
  then(ada);
  ada.do({ type: "cancel_subscription", ref: "sub_1", at: "now" });
  ada.advance(end + 250 * days);
  return ada;
}

const inTime = ({ occurred }: Event): number => occurred;
const late = ({ occurred }: Event, shift: number): number => occurred + shift * days;
const early = ({ occurred }: Event, shift: number): number => Math.max(start, occurred - shift * days);

const most = ["sums", "peaks", "users", "calls", "last", "ranks"];

for (const [name, arrives] of [
  ["late", late],
  ["early", early],
  ["in any order", (e: Event, shift: number) => Math.max(start, late(e, shift - 60))],
] as const) {
  test(`usage that comes ${name} bills in all what it bills in time`, () => {
    fc.assert(
      fc.property(scene(["sums", "most", "teams", "committed"], most), (it) => {
        expect(billed(sent(it, arrives))).toBe(billed(sent(it, inTime)));
      }),
      { numRuns: 60 },
    );
  });
}

test("a voided event leaves the bill as if it had never been sent, whenever it is voided", () => {
  fc.assert(
    fc.property(
      scene(["sums", "most", "teams", "committed"], most),
      fc.array(fc.nat({ max: 13 }), { maxLength: 5 }),
      (it, some) => {
        const gone = new Set(some.filter((nth) => nth < it.events.length));
        const rest = { ...it, events: it.events.filter((_, nth) => !gone.has(nth)) };
        const voided = sent(it, late, (ada) => {
          for (const nth of gone) expect(ada.voidUsage(`event ${nth}`).kind).toBe("facts");
        });
        expect(billed(voided)).toBe(billed(sent(rest, inTime)));
      },
    ),
    { numRuns: 60 },
  );
});

test("what carries over bills the same in any order, also into the plan that follows", () => {
  fc.assert(
    fc.property(
      scene(["storage"], ["stored", "calls", "members"]),
      fc.integer({ min: 0, max: 89 }),
      (it, day) => {
        const changedAt = start + day * days;
        const run = (arrives: (event: Event, shift: number) => number) => {
          const ada = new StoredCustomer(catalog, "2026-01-01");
          ada.settings = { ...ada.settings, invoice_grace_seconds: it.graceHours * 3600 };
          ada.subscribe("storage");
          const timeline = it.events.map(([event, shift]) => ({
            event,
            when: Math.min(arrives(event, shift % 50), end + 9 * days),
          }));
          let changed = false;
          const follow = (until: number): void => {
            if (!changed && until >= changedAt) {
              ada.advance(changedAt);
              ada.do(change("storage_dear", { at: "now" }));
              changed = true;
            }
            ada.advance(Math.max(ada.now, until));
          };
          for (const { event, when } of timeline.toSorted((a, b) => a.when - b.when)) {
            follow(when);
            ada.use(event.type, event.properties, { occurredAt: event.occurred });
          }
          follow(end + 10 * days);
          ada.do({ type: "cancel_subscription", ref: "sub_1", at: "now" });
          ada.advance(end + 250 * days);
          return ada;
        };
        expect(billed(run(late))).toBe(billed(run(inTime)));
      },
    ),
    { numRuns: 60 },
  );
});
