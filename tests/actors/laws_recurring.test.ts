import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { decimal, fromInteger } from "../../src/money/decimal.ts";
import {
  addRatio,
  compareRatio,
  formatExact,
  mulRatio,
  type Ratio,
  ratio,
  subRatio,
  ZERO_RATIO,
} from "../../src/money/ratio.ts";
import { type Interval, periodContaining, wholePeriodAt } from "../../src/time/calendar.ts";
import { intersect, type Period } from "../../src/time/period.ts";
import {
  Customer,
  change,
  flat,
  instantInSpring,
  invoicesOf,
  plan,
  seatChange,
  seats,
  zones,
} from "./laws_scenes.ts";

// A second of a month costs some hundreds, so that no second is lost in rounding.
const recurring: Record<string, { amount: string; isSeat?: true; interval: Interval; count: number }> = {
  fee_late: { amount: "1000000007", interval: "month", count: 1 },
  fee_early: { amount: "1000000009", interval: "month", count: 1 },
  fee_dear: { amount: "3000000019", interval: "month", count: 1 },
  seats_early: { amount: "100000007", isSeat: true, interval: "month", count: 1 },
  seats_late: { amount: "100000037", isSeat: true, interval: "month", count: 1 },
  weekly: { amount: "500000003", interval: "week", count: 2 },
  daily: { amount: "100000039", interval: "day", count: 1 },
  yearly: { amount: "9000000011", interval: "year", count: 1 },
};
const early = ["fee_early", "fee_dear", "seats_early", "weekly", "yearly"];
const plans: Record<string, string[]> = {
  late: ["fee_late"],
  early: ["fee_early"],
  dear: ["fee_dear"],
  team: ["seats_early"],
  team_late: ["seats_late", "fee_early"],
  weeks: ["weekly"],
  days: ["daily"],
  years: ["yearly", "fee_late"],
  many: ["fee_early", "yearly", "weekly"],
};
const catalog = [
  ...Object.entries(recurring).map(([id, { amount, isSeat, interval, count }]) => {
    const timing = early.includes(id) ? "advance" : "arrears";
    return (isSeat ? seats : flat)(id, amount, { interval, interval_count: count, timing });
  }),
  ...Object.entries(plans).map(([id, prices]) => plan(id, prices)),
];

type Action =
  | { readonly kind: "change"; readonly to: string; readonly unused: "credit" | "invoice_line" }
  | { readonly kind: "seats"; readonly count: number }
  | { readonly kind: "pause"; readonly hours: number | null }
  | { readonly kind: "resume" };

const action: fc.Arbitrary<Action> = fc.oneof(
  fc.record({
    kind: fc.constant("change" as const),
    to: fc.constantFrom(...Object.keys(plans)),
    unused: fc.constantFrom("credit" as const, "invoice_line" as const),
  }),
  fc.record({ kind: fc.constant("seats" as const), count: fc.integer({ min: 1, max: 9 }) }),
  fc.record({
    kind: fc.constant("pause" as const),
    hours: fc.option(fc.integer({ min: 1, max: 1500 }), { nil: null }),
  }),
  fc.constant({ kind: "resume" as const }),
);

const life = fc.record({
  timezone: fc.constantFrom(...zones),
  anchor: fc.constantFrom("calendar" as const, "anniversary" as const),
  start: instantInSpring,
  first: fc.constantFrom(...Object.keys(plans)),
  trialHours: fc.option(fc.integer({ min: 0, max: 1500 }), { nil: null, freq: 2 }),
  graceSeconds: fc.constantFrom(0, 3600, 40 * 86_400),
  actions: fc.array(fc.tuple(fc.oneof(fc.integer({ min: 0, max: 800 * 3600 }), fc.constant(0)), action), {
    maxLength: 7,
  }),
  cancelAfter: fc.integer({ min: 0, max: 1000 * 3600 }),
});
type Life = typeof life extends fc.Arbitrary<infer T> ? T : never;

/** What a subscription went through, kept by the test itself. */
interface Phase {
  readonly start: number;
  readonly origin: number;
  readonly plan: string;
  readonly seats: { readonly at: number; readonly count: number }[];
}
interface Journal {
  readonly phases: Phase[];
  readonly free: { from: number; to: number }[];
  end: number;
}

const cadence = (planId: string): string => {
  const main = recurring[plans[planId]?.[0] ?? ""];
  return `${main?.count} ${main?.interval}`;
};

function live(it: Life): { ada: Customer; journal: Journal } {
  const ada = new Customer(catalog, new Date(it.start).toISOString(), { timezone: it.timezone });
  ada.settings = { ...ada.settings, invoice_grace_seconds: it.graceSeconds };
  const trialEnd = it.trialHours === null ? null : it.start + it.trialHours * 3_600_000;
  ada.subscribe(it.first, { anchor: it.anchor, trialEnd });
  const begun = { start: it.start, origin: it.start, plan: it.first, seats: [{ at: it.start, count: 1 }] };
  const free = trialEnd === null ? [] : [{ from: it.start, to: trialEnd }];
  const journal: Journal = { phases: [begun], free, end: Number.POSITIVE_INFINITY };
  for (const [seconds, act] of it.actions) {
    ada.advance(ada.now + seconds * 1000);
    perform(ada, journal, act);
    ada.advance(ada.now);
  }
  ada.advance(ada.now + it.cancelAfter * 1000);
  ada.do({ type: "cancel_subscription", ref: "sub_1", at: "now" });
  journal.end = ada.now;
  ada.advance(ada.now + 100 * 86_400_000);
  return { ada, journal };
}

function perform(ada: Customer, journal: Journal, act: Action): void {
  const { now } = ada;
  const phase = journal.phases.at(-1);
  const pause = journal.free.at(-1);
  const isPaused =
    pause !== undefined &&
    pause.from <= now &&
    now < pause.to &&
    ada.ofType("subscription_paused").length > 0;
  if (phase === undefined) throw new Error("a life begins with a plan");
  const present = phase.seats.at(-1)?.count ?? 1;
  if (act.kind === "change") {
    if (act.to === phase.plan) return;
    ada.do(change(act.to, { at: "now", asked: { unused: act.unused } }));
    const origin = cadence(act.to) === cadence(phase.plan) ? phase.origin : now;
    journal.phases.push({ start: now, origin, plan: act.to, seats: [{ at: now, count: present }] });
  } else if (act.kind === "seats") {
    ada.do(seatChange(act.count));
    phase.seats.push({ at: now, count: act.count });
  } else if (act.kind === "pause") {
    const until = act.hours === null ? null : now + act.hours * 3_600_000;
    const outcome = ada.try({ type: "pause_subscription", ref: "sub_1", until });
    if (outcome.kind === "facts") journal.free.push({ from: now, to: until ?? Number.POSITIVE_INFINITY });
  } else if (isPaused) {
    const outcome = ada.try({ type: "resume_subscription", ref: "sub_1" });
    if (outcome.kind === "facts") pause.to = now;
  }
}

/** What all of it must come to: every stretch of charged time at its part of the period it lies in. */
function expected({ timezone, anchor }: Life, { phases, free, end }: Journal): Ratio {
  let sum = ZERO_RATIO;
  for (const [n, phase] of phases.entries()) {
    const until = Math.min(phases[n + 1]?.start ?? end, end);
    const edges = [
      phase.start,
      until,
      ...phase.seats.map((s) => s.at),
      ...free.flatMap((f) => [f.from, f.to]),
    ];
    for (const id of plans[phase.plan] ?? []) {
      const price = recurring[id];
      if (price === undefined) throw new Error("a plan names known prices");
      const rule = {
        start: phase.origin,
        anchor,
        timezone,
        interval: price.interval,
        intervalCount: price.count,
      };
      for (let from = phase.start; from < until; ) {
        const period = periodContaining(rule, from);
        if (period === null) throw new Error("time lies in a period");
        const to = Math.min(...[...edges, period.end].filter((edge) => edge > from));
        const whole = wholePeriodAt(rule, period.k);
        if (!free.some((f) => f.from <= from && from < f.to))
          sum = addRatio(sum, mulRatio(amountOf(price, phase, from), part({ start: from, end: to }, whole)));
        from = to;
      }
    }
  }
  return sum;
}

function amountOf(price: { amount: string; isSeat?: true }, phase: Phase, at: number): Ratio {
  const count = price.isSeat ? (phase.seats.findLast((s) => s.at <= at)?.count ?? 1) : 1;
  return mulRatio(ratio(decimal(price.amount)), ratio(fromInteger(count)));
}

function part(stretch: Period, whole: Period): Ratio {
  expect(intersect(stretch, whole)).toEqual(stretch);
  return ratio(fromInteger(stretch.end - stretch.start), fromInteger(whole.end - whole.start));
}

/** What was billed, less credit given for unused time; and how often it was rounded at most. */
function billed(ada: Customer): { net: Ratio; roundings: number } {
  let net = ZERO_RATIO;
  let roundings = 1;
  for (const { line_items } of invoicesOf(ada)) {
    for (const line of line_items) {
      // Credit for what would be below zero is billed as a line and given as a grant: nothing together.
      net = addRatio(net, ratio(decimal(line.amount)));
      roundings += 1;
    }
  }
  for (const { amount } of ada.ofType("credit_granted")) {
    net = subRatio(net, ratio(decimal(amount)));
    roundings += 1;
  }
  return { net, roundings };
}

describe("what recurs", () => {
  test("is billed once for every instant of active time, whatever happens in between", () => {
    fc.assert(
      fc.property(life, (it) => {
        const { ada, journal } = live(it);
        const { net, roundings } = billed(ada);
        const want = expected(it, journal);
        const off = subRatio(net, want);
        const size = compareRatio(off, ZERO_RATIO) < 0 ? subRatio(ZERO_RATIO, off) : off;
        const bound = ratio(fromInteger(roundings), fromInteger(200));
        if (compareRatio(size, bound) > 0)
          throw new Error(`billed ${formatExact(net)}, expected ${formatExact(want)}`);
      }),
      { numRuns: 150 },
    );
  });

  test("of an upgrade and its reversal at one instant comes to nothing", () => {
    const paths = fc.constantFrom(["early", "dear"], ["team", "early"], ["many", "dear"], ["dear", "many"]);
    const scene = fc.record({
      path: paths,
      timezone: fc.constantFrom(...zones),
      anchor: fc.constantFrom("calendar" as const, "anniversary" as const),
      start: instantInSpring,
      after: fc.integer({ min: 1, max: 70 * 86_400 }),
      unused: fc.constantFrom("credit" as const, "invoice_line" as const),
      proration: fc.constantFrom("second" as const, "day" as const),
    });
    fc.assert(
      fc.property(scene, ({ path: [from = "", to = ""], timezone, anchor, start, after, ...asked }) => {
        // A stub is charged by the second.
        fc.pre(asked.proration === "second" || anchor === "anniversary");
        const ada = new Customer(catalog, new Date(start).toISOString(), { timezone });
        ada.subscribe(from, { anchor });
        ada.advance(start + after * 1000);
        const before = { billed: billed(ada).net, drafts: ada.ofType("invoice_drafted").length };
        for (const planId of [to, from]) {
          ada.do(change(planId, { at: "now", asked: { ...asked, usage: "bill_now" } }));
          ada.advance(ada.now);
        }
        expect(formatExact(subRatio(billed(ada).net, before.billed))).toBe("0");
      }),
      { numRuns: 150 },
    );
  });
});
