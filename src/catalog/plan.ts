import { type Static, Type } from "@sinclair/typebox";
import { invalid } from "../errors.ts";
import { isCurrency } from "../money/currency.ts";
import { plainDecimals } from "../money/decimal_schema.ts";
import { CurrencyCode } from "../pricing/common_fields.ts";
import type { Price } from "../pricing/price.ts";
import { checkKey, Key, Ref, Text } from "../text.ts";
import {
  type Commitment,
  CommitmentInput,
  commitmentOf,
  type PlanCommitmentPeriod,
  planCommitmentPeriods,
} from "./commitment.ts";
import { type Entitlement, EntitlementInput, entitlementOf, storedEntitlements } from "./entitlement.ts";
import { InlinePrice } from "./inline_price.ts";

// Each is a line of every invoice.
const pricesMax = 100;
const entitlementsMax = 100;
// Ten years: a longer trial is a slip of the pen.
const trialDaysMax = 3650;

/** A plan as a client describes it; API.md §3, Plan. A price is named by id or key, or written out. */
export const PlanInput = Type.Object(
  {
    key: Key,
    name: Text(255),
    currency: CurrencyCode,
    prices: Type.Array(Type.Union([Ref, InlinePrice]), { minItems: 1, maxItems: pricesMax }),
    trial_days: Type.Optional(
      Type.Integer({ minimum: 0, maximum: trialDaysMax, description: "Days at the start that cost nothing" }),
    ),
    commitment: Type.Optional(CommitmentInput(planCommitmentPeriods)),
    entitlements: Type.Optional(Type.Array(EntitlementInput, { maxItems: entitlementsMax })),
  },
  { additionalProperties: false },
);
export type PlanInput = Static<typeof PlanInput>;

type Terms = Pick<PlanInput, "trial_days" | "commitment" | "entitlements">;

/** What is stored of a plan: its prices pinned to the versions they had; decimals as plain text. */
export interface StoredPlan extends Terms {
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
  /** What a customer is billed in for whose own currency the plan has no prices. */
  readonly currency: string;
  /** Of any intervals and currencies, at least one in the plan's. */
  readonly prices: readonly Price[];
  /** Days of trial at a subscription's start; 0 for none. */
  readonly trialDays: number;
  /** In the plan's currency. */
  readonly commitment: Commitment<PlanCommitmentPeriod> | null;
  readonly entitlements: readonly Entitlement[];
}

/**
 * What to store of a plan, given its prices resolved in the order of the input.
 *
 * Throws VAL_001 where no price has the plan's currency, where a price or the key of an entitlement is there twice,
 * and for an unknown currency.
 */
export function storedPlan(input: PlanInput, prices: readonly Price[]): StoredPlan {
  checkKey(input.key, "key");
  if (!isCurrency(input.currency)) throw invalid("currency", "is no active ISO 4217 currency");
  if (prices.length === 0) throw invalid("prices", "must name at least one price");
  const seen = new Set<string>();
  for (const [index, price] of prices.entries()) {
    if (seen.has(price.id)) throw invalid(`prices[${index}]`, "is in the plan already");
    seen.add(price.id);
  }
  if (!prices.some((price) => price.currency === input.currency)) {
    throw invalid("prices", `must have at least one in the plan's currency, ${input.currency}`);
  }
  const { key, name, currency } = input;
  const pinned = prices.map(({ id, version }) => ({ id, version }));
  return { key, name, currency, prices: pinned, ...storedTerms(input) };
}

function storedTerms({ trial_days, commitment, entitlements }: Terms): Terms {
  return {
    ...(trial_days === undefined ? {} : { trial_days }),
    ...(commitment === undefined
      ? {}
      : { commitment: plainDecimals(PlanInput.properties.commitment, commitment) as typeof commitment }),
    ...(entitlements === undefined ? {} : { entitlements: storedEntitlements(entitlements) }),
  };
}

/** The version of a plan that was stored so; `prices` are those it pins, in its order. */
export function planVersionOf(
  id: string,
  version: number,
  stored: StoredPlan,
  prices: readonly Price[],
): PlanVersion {
  const { key, name, currency, trial_days = 0, commitment, entitlements = [] } = stored;
  return {
    id,
    version,
    key,
    name,
    currency,
    prices,
    trialDays: trial_days,
    commitment: commitment === undefined ? null : commitmentOf(commitment),
    entitlements: entitlements.map(entitlementOf),
  };
}
