import { type Static, Type } from "@sinclair/typebox";
import { invalid } from "../errors.ts";
import { currencyExponent } from "../money/currency.ts";
import { compare, type Decimal, fromInteger, scaleOf } from "../money/decimal.ts";
import { DecimalText, plainDecimals } from "../money/decimal_schema.ts";
import { amountOf, optionalAmount } from "../pricing/amount.ts";
import { CurrencyCode } from "../pricing/common_fields.ts";
import { checkKey, Key, OneOf, Ref, Text } from "../text.ts";
import { formatInstant, type Instant, parseInstant } from "../time/instant.ts";

const periodsMax = 1200;
const productsMax = 100;
const redemptionsMax = 1_000_000_000;
const hundred = fromInteger(100);

/** A coupon as a client describes it; API.md §3, Coupon. `checkCoupon` has the rules a schema cannot say. */
export const CouponInput = Type.Object(
  {
    key: Key,
    name: Text(255),
    percent: Type.Optional(DecimalText("positive", "Off each line, up to 100")),
    amount: Type.Optional(DecimalText("positive", "Off each invoice, in major units of `currency`")),
    currency: Type.Optional(CurrencyCode),
    duration: OneOf(["once", "repeating", "forever"]),
    periods: Type.Optional(
      Type.Integer({ minimum: 1, maximum: periodsMax, description: "How many, where `repeating`" }),
    ),
    product_ids: Type.Optional(
      Type.Array(Ref, {
        minItems: 1,
        maxItems: productsMax,
        description: "Only lines of these products, by id or key, are discounted",
      }),
    ),
    max_redemptions: Type.Optional(
      Type.Integer({ minimum: 1, maximum: redemptionsMax, description: "Over all subscriptions" }),
    ),
    expires_at: Type.Optional(
      Type.String({ format: "date-time", description: "From then on it can no longer be redeemed" }),
    ),
  },
  { additionalProperties: false },
);
export type CouponInput = Static<typeof CouponInput>;

/** What is stored of a coupon: products by id, decimals as plain text, the instant in UTC. */
export type StoredCoupon = Readonly<CouponInput>;

/** One immutable version of a coupon: a percentage or an amount. */
export interface Coupon {
  readonly id: string;
  readonly version: number;
  readonly key: string;
  readonly name: string;
  /** Above 0, at most 100. */
  readonly percent: Decimal | null;
  /** Above zero, in `currency`, and no finer than it. */
  readonly amount: Decimal | null;
  readonly currency: string | null;
  readonly duration: CouponInput["duration"];
  /** How many periods a repeating one is good for. */
  readonly periods: number | null;
  /** Null for all. */
  readonly productIds: readonly string[] | null;
  readonly maxRedemptions: number | null;
  /** No longer redeemed from then on. */
  readonly expiresAt: Instant | null;
}

/**
 * The stored form of a coupon whose input fits the schema.
 *
 * Throws VAL_001 unless it has either a percentage or an amount with its currency, and a number of periods exactly
 * where it repeats. `at` is put before the field, such as `coupons[0].`.
 */
export function checkCoupon(input: CouponInput, at: string): StoredCoupon {
  checkKey(input.key, `${at}key`);
  checkDiscount(input, at);
  if (input.duration === "repeating" && input.periods === undefined) {
    throw invalid(`${at}periods`, "is required for 'repeating'");
  }
  if (input.duration !== "repeating" && input.periods !== undefined) {
    throw invalid(`${at}periods`, `must be left out for '${input.duration}'`);
  }
  const stored = plainDecimals(CouponInput, input) as CouponInput;
  if (input.expires_at === undefined) return stored;
  const expiresAt = parseInstant(input.expires_at);
  if (expiresAt === null) throw invalid(`${at}expires_at`, "must be an RFC 3339 date-time");
  return { ...stored, expires_at: formatInstant(expiresAt) };
}

function checkDiscount({ percent, amount, currency }: CouponInput, at: string): void {
  if (percent !== undefined) {
    if (amount !== undefined) throw invalid(`${at}amount`, "must be left out beside 'percent'");
    if (currency !== undefined) throw invalid(`${at}currency`, "must be left out beside 'percent'");
    if (compare(amountOf(percent), hundred) > 0) throw invalid(`${at}percent`, "must be at most 100");
    return;
  }
  if (amount === undefined) throw invalid(`${at}percent`, "or 'amount' is required");
  if (currency === undefined) throw invalid(`${at}currency`, "is required with 'amount'");
  const places = currencyExponent(currency);
  if (places === null) throw invalid(`${at}currency`, "is no active ISO 4217 currency");
  if (scaleOf(amountOf(amount)) > places) {
    throw invalid(`${at}amount`, `must not have more decimals than ${currency}, ${places}`);
  }
}

/** Reads a coupon in its stored form. */
export function couponOf(id: string, version: number, stored: StoredCoupon): Coupon {
  const { key, name, duration } = stored;
  return {
    id,
    version,
    key,
    name,
    percent: optionalAmount(stored.percent),
    amount: optionalAmount(stored.amount),
    currency: stored.currency ?? null,
    duration,
    periods: stored.periods ?? null,
    productIds: stored.product_ids ?? null,
    maxRedemptions: stored.max_redemptions ?? null,
    expiresAt: stored.expires_at === undefined ? null : parseInstant(stored.expires_at),
  };
}
