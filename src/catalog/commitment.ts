import { Type } from "@sinclair/typebox";
import type { Decimal } from "../money/decimal.ts";
import { type DecimalInput, DecimalText } from "../money/decimal_schema.ts";
import { amountOf } from "../pricing/amount.ts";
import { OneOf } from "../text.ts";

/** The periods of a plan's commitment; a contract may also commit for its whole term. */
export const planCommitmentPeriods = ["month", "quarter", "year"] as const;
export type PlanCommitmentPeriod = (typeof planCommitmentPeriods)[number];

/** An amount promised per period: where less is billed, the rest is billed at the period's end. */
export interface Commitment<Period extends string> {
  /** Above zero, in major units of the plan's or contract's currency. */
  readonly amount: Decimal;
  readonly period: Period;
}

/** The schema of a commitment over one of these periods; API.md §3, Plan and Contract. */
export function CommitmentInput<const Periods extends readonly string[]>(periods: Periods) {
  return Type.Object(
    { amount: DecimalText("positive", "Promised per period, in major units"), period: OneOf(periods) },
    { additionalProperties: false },
  );
}

/** Reads a commitment that fits its schema. */
export function commitmentOf<Period extends string>(stored: {
  readonly amount: DecimalInput;
  readonly period: Period;
}): Commitment<Period> {
  return { amount: amountOf(stored.amount), period: stored.period };
}
