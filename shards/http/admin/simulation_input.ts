import { type Static, type TSchema, Type } from "@sinclair/typebox";
import { CouponInput } from "../../../src/catalog/coupon.ts";
import { limits } from "../../../src/limits.ts";
import { DecimalText } from "../../../src/money/decimal_schema.ts";
import { CurrencyCode } from "../../../src/pricing/common_fields.ts";
import { Key, OneOf, Ref, Text } from "../../../src/text.ts";
import { Overrides } from "../subscription/subscriptions.ts";
import { TriedPlan } from "./simulated_plan.ts";

const closed = { additionalProperties: false };
const InstantText = Type.String({ format: "date-time" });
const partsMax = 20;
const comparedMax = 20;

/** A coupon tried out; it needs no name of its own. */
const TriedCoupon = Type.Object(
  { ...CouponInput.properties, key: Type.Optional(Key), name: Type.Optional(Text(255)) },
  closed,
);
export type TriedCoupon = Static<typeof TriedCoupon>;

/** A credit grant tried out. */
const TriedGrant = Type.Object(
  {
    amount: DecimalText("positive", "Major units"),
    currency: Type.Optional(CurrencyCode),
    kind: Type.Optional(OneOf(["paid", "promotional"])),
    priority: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 50 })),
    effective_at: Type.Optional(InstantText),
    expires_at: Type.Optional(Type.Union([InstantText, Type.Null()])),
    product_ids: Type.Optional(Type.Array(Ref, { minItems: 1, maxItems: 100 })),
  },
  closed,
);
export type TriedGrant = Static<typeof TriedGrant>;

const PlacementInput = Type.Object(
  {
    start: Type.Optional(
      Type.String({ format: "date-time", description: "Left out, it begins and ends with the period" }),
    ),
    anchor: Type.Optional(OneOf(["calendar", "anniversary"])),
    timezone: Type.Optional(
      Type.String({ maxLength: 64, description: "IANA; the customer's when left out" }),
    ),
    quantity: Type.Optional(DecimalText("not_negative", "Seats")),
    trial_end: Type.Optional(Type.Union([InstantText, Type.Null()])),
    coupons: Type.Optional(Type.Array(Type.Union([Ref, TriedCoupon]), { maxItems: partsMax })),
    credits: Type.Optional(Type.Array(TriedGrant, { maxItems: 100 })),
    tax_rate: Type.Optional(DecimalText("not_negative", "Percent of the net")),
    overrides: Type.Optional(Overrides),
  },
  {
    ...closed,
    description:
      "Where the subscription stands and what comes with it. `anchor` is `calendar` where `start` is given, else " +
      "`anniversary`.",
  },
);

const common = {
  customer_id: Type.Optional(Ref),
  period_start: Type.Optional(InstantText),
  period_end: Type.Optional(InstantText),
  invoice_id: Type.Optional({
    ...Ref,
    description: "A past invoice to run again: its customer and period, with the events it was made of",
  }),
  history: Type.Optional(
    Type.Boolean({ default: false, description: "Adds the customer's real events of the period" }),
  ),
  subscription: Type.Optional(PlacementInput),
  simulated_events: Type.Optional(
    Type.Array(
      Type.Composite([
        Type.Object({ event_type: Text(255) }),
        Type.Object({}, { additionalProperties: true }),
      ]),
      {
        maxItems: limits.simulatedEventsMax,
        description: "`count: N` stands for N such events; other keys are properties",
      },
    ),
  ),
} satisfies Record<string, TSchema>;

/** The body of an invoice simulation; API.md §3. */
export const SimulationInput = Type.Object(
  { ...common, plan_id: Type.Optional(Ref), plan: Type.Optional(TriedPlan) },
  closed,
);
export type SimulationInput = Static<typeof SimulationInput>;

/** The same for several plans at once. */
export const ComparisonInput = Type.Object(
  { ...common, plans: Type.Array(Type.Union([Ref, TriedPlan]), { minItems: 1, maxItems: comparedMax }) },
  closed,
);
export type ComparisonInput = Static<typeof ComparisonInput>;
