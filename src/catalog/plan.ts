import { type Static, Type } from "@sinclair/typebox";
import { invalid } from "../errors.ts";
import { Later, refuseLater } from "../later.ts";
import { isCurrency } from "../money/currency.ts";
import { CurrencyCode } from "../pricing/common_fields.ts";
import type { Price } from "../pricing/price.ts";
import { checkKey, Key, Ref, Text } from "../text.ts";
import { InlinePrice } from "./inline_price.ts";

const laterFields = ["trial_days", "commitment", "entitlements"] as const;
// Each is a line of every invoice.
const pricesMax = 100;

/** A plan as a client describes it; API.md §3, Plan. A price is named by id or key, or written out. */
export const PlanInput = Type.Object(
  {
    key: Key,
    name: Text(255),
    currency: CurrencyCode,
    prices: Type.Array(Type.Union([Ref, InlinePrice]), { minItems: 1, maxItems: pricesMax }),
    trial_days: Later,
    commitment: Later,
    entitlements: Later,
  },
  { additionalProperties: false },
);
export type PlanInput = Static<typeof PlanInput>;

/** What is stored of a plan: its prices pinned to the versions they had. */
export interface StoredPlan {
  readonly key: string;
  readonly name: string;
  readonly currency: string;
  readonly prices: readonly { readonly id: string; readonly version: number }[];
}

/** One immutable version of a plan with its prices resolved. */
export interface PlanVersion {
  readonly id: string;
  readonly version: number;
  readonly key: string;
  readonly name: string;
  readonly currency: string;
  readonly prices: readonly Price[];
}

/**
 * What to store of a plan, given its prices resolved in the order of the input.
 *
 * Throws VAL_001 where the prices do not all have the plan's currency and one interval, where one is named twice,
 * and for what is not available yet.
 */
export function storedPlan(input: PlanInput, prices: readonly Price[]): StoredPlan {
  refuseLater(input, laterFields);
  checkKey(input.key, "key");
  if (!isCurrency(input.currency)) throw invalid("currency", "is no active ISO 4217 currency");
  const [first] = prices;
  if (first === undefined) throw invalid("prices", "must name at least one price");
  const seen = new Set<string>();
  for (const [index, price] of prices.entries()) {
    const at = `prices[${index}]`;
    if (seen.has(price.id)) throw invalid(at, "is in the plan already");
    seen.add(price.id);
    if (price.currency !== input.currency)
      throw invalid(`${at}.currency`, `must be the plan's, ${input.currency}`);
    if (price.interval !== first.interval || price.intervalCount !== first.intervalCount) {
      throw invalid(`${at}.interval`, "must be the same for all prices of a plan");
    }
  }
  const { key, name, currency } = input;
  return { key, name, currency, prices: prices.map(({ id, version }) => ({ id, version })) };
}
