import fc from "fast-check";
import type { Command } from "../../actors/customer/commands.ts";
import { decimal } from "../../src/money/decimal.ts";
import {
  change,
  flat,
  graduated,
  perUnit,
  plan,
  row,
  seatChange,
  seats,
  sumOf,
  zones,
} from "./laws_scenes.ts";
import { StoredCustomer } from "./laws_store.ts";

/** Plans of every cadence, in advance and in arrears, with usage that carries over, minimums and commitments. */
export const lifeCatalog = [
  sumOf("calls", "calls"),
  sumOf("stored", "stored", { carry_over: true }),
  row("metric", "peak", { event_type: "stored", aggregation: "max", field: "n" }),
  row("metric", "teams", { event_type: "calls", aggregation: "sum", field: "n", group_by: ["team"] }),
  flat("fee_late", "31.01"),
  flat("fee_early", "59.03", { timing: "advance" }),
  flat("fee_year", "499.99", { timing: "advance", interval: "year" }),
  flat("fee_week", "7.77", { interval: "week" }),
  seats("seat", "9.99", { timing: "advance" }),
  graduated("calls_price", "calls", { minimum_amount: "4", product_id: "api" }),
  graduated("calls_week", "calls", { interval: "week" }),
  perUnit("stored_price", "stored", "0.33"),
  perUnit("peak_price", "peak", "1.115", { interval: "week" }),
  graduated("teams_price", "teams", { maximum_amount: "30" }),
  plan("late", ["fee_late", "calls_price"]),
  plan("early", ["fee_early", "calls_price", "stored_price"]),
  plan("team", ["seat", "teams_price"], { commitment: { amount: "80", period: "month" } }),
  plan("year", ["fee_year", "calls_price"]),
  plan("week", ["fee_week", "calls_week", "peak_price"], { commitment: { amount: "60", period: "month" } }),
  plan("storage", ["stored_price", "fee_late"]),
  row("coupon", "half_once", { percent: "50", duration: "once" }),
  row("coupon", "five_thrice", { amount: "5", currency: "USD", duration: "repeating", periods: 3 }),
  row("coupon", "api_tenth", { percent: "10", duration: "forever", product_ids: ["api"] }),
];

const planIds = ["late", "early", "team", "year", "week", "storage"];

/** A command as it comes to be sent: usage is dated by days from then. */
type Act =
  | { readonly kind: "command"; readonly command: Command }
  | {
      readonly kind: "usage";
      readonly type: string;
      readonly n: number;
      readonly team: string;
      readonly days: number;
    }
  | { readonly kind: "pause"; readonly hours: number | null }
  | { readonly kind: "grant"; readonly amount: string; readonly days: number | null };

export const planChange = fc.record({
  to: fc.constantFrom(...planIds),
  at: fc.constantFrom("now" as const, "period_end" as const, null),
  asked: fc.record(
    {
      proration: fc.constantFrom("none" as const, "day" as const, "second" as const),
      unused: fc.constantFrom("credit" as const, "invoice_line" as const, "none" as const),
      usage: fc.constantFrom("bill_now" as const, "carry_over" as const),
    },
    { requiredKeys: [] },
  ),
});

const usage = fc.record({
  kind: fc.constant("usage" as const),
  type: fc.constantFrom("calls", "stored"),
  n: fc.integer({ min: 0, max: 30 }),
  team: fc.constantFrom("a", "b"),
  days: fc.oneof(fc.constant(0), fc.integer({ min: -60, max: 20 })),
});

const act: fc.Arbitrary<Act> = fc.oneof(
  usage,
  usage,
  usage,
  planChange.map(({ to, ...more }) => ({ kind: "command" as const, command: change(to, more) })),
  fc.integer({ min: 1, max: 9 }).map((n) => ({ kind: "command" as const, command: seatChange(n) })),
  fc.constant({ kind: "command" as const, command: { type: "resume_subscription" as const, ref: "sub_1" } }),
  fc.record({
    kind: fc.constant("pause" as const),
    hours: fc.option(fc.integer({ min: 1, max: 1000 }), { nil: null }),
  }),
  fc.record({
    kind: fc.constant("grant" as const),
    amount: fc.constantFrom("0.01", "12.5", "300"),
    days: fc.option(fc.integer({ min: 1, max: 60 }), { nil: null }),
  }),
);

export const life = fc.record({
  timezone: fc.constantFrom(...zones),
  anchor: fc.constantFrom("calendar" as const, "anniversary" as const),
  planId: fc.constantFrom(...planIds),
  coupons: fc.subarray(["half_once", "five_thrice", "api_tenth"]),
  trialDays: fc.constantFrom(0, 0, 10, 40),
  graceDays: fc.constantFrom(0, 1, 35),
  limit: fc.boolean(),
  acts: fc.array(fc.tuple(fc.integer({ min: 0, max: 25 * 24 }), act), { maxLength: 14 }),
});
export type Life = typeof life extends fc.Arbitrary<infer T> ? T : never;

/** A customer who lives through it; `between` sees every moment before the next act. */
export function lived<C extends StoredCustomer = StoredCustomer>(
  it: Life,
  between: (ada: C, nth: number) => void = () => {},
  Kind: new (...given: ConstructorParameters<typeof StoredCustomer>) => StoredCustomer = StoredCustomer,
): C {
  const ada = new Kind(lifeCatalog, "2026-01-31T10:30:00Z", { timezone: it.timezone }) as C;
  ada.settings = { ...ada.settings, invoice_grace_seconds: it.graceDays * 86_400 };
  const trialEnd = it.trialDays === 0 ? null : ada.now + it.trialDays * 86_400_000;
  ada.subscribe(it.planId, { anchor: it.anchor, coupons: it.coupons, trialEnd });
  if (it.limit) ada.limit("100", { action: "notify" });
  for (const [nth, [hours, one]] of it.acts.entries()) {
    ada.advance(ada.now + hours * 3_600_000);
    between(ada, nth);
    perform(ada, one, nth);
    ada.advance(ada.now);
  }
  return ada;
}

/** Some of it is refused, as it would be. */
function perform(ada: StoredCustomer, one: Act, nth: number): void {
  switch (one.kind) {
    case "command":
      ada.try(one.command);
      return;
    case "usage": {
      const occurredAt = ada.now + one.days * 86_400_000;
      ada.use(one.type, { n: one.n, team: one.team }, { eventId: `event ${nth}`, occurredAt });
      return;
    }
    case "pause": {
      const until = one.hours === null ? null : ada.now + one.hours * 3_600_000;
      ada.try({ type: "pause_subscription", ref: "sub_1", until });
      return;
    }
    case "grant":
      ada.try(granted(ada, one.amount, one.days, nth));
  }
}

function granted(ada: StoredCustomer, amount: string, days: number | null, nth: number): Command {
  return {
    type: "grant_credit",
    grant: {
      id: `grant ${nth}`,
      amount: decimal(amount),
      currency: "USD",
      kind: "promotional",
      priority: 50,
      effectiveAt: null,
      expiresAt: days === null ? null : ada.now + days * 86_400_000,
      productIds: null,
      rollover: null,
    },
  };
}
