import type { Commitment } from "../../../src/catalog/commitment.ts";
import { type Decimal, decimal, formatDecimal } from "../../../src/money/decimal.ts";
import type { OverrideRequest } from "../../../src/subscriptions/price_override.ts";
import { endOfRepeat, type PeriodRule, periodContaining } from "../../../src/time/calendar.ts";
import type { Instant } from "../../../src/time/instant.ts";
import type { Period } from "../../../src/time/period.ts";

export type ContractCommitment = Commitment<"month" | "quarter" | "year" | "term">;

/** What was agreed with a customer for a time; API.md §3, Contract. */
export interface ContractState {
  readonly id: string;
  name: string;
  readonly currency: string;
  readonly timezone: string;
  /** Of the first term. */
  readonly start: Instant;
  /** The present term; its end is null where none was agreed. */
  term: { readonly start: Instant; readonly end: Instant | null };
  renewal: "none" | "auto";
  readonly commitment: ContractCommitment | null;
  readonly overrides: readonly OverrideRequest[];
  documents: readonly { readonly name: string; readonly url: string }[];
  readonly createdAt: Instant;
  updatedAt: Instant;
  /** Where the running commitment period begins, and what has been invoiced in it, net of discounts. */
  committedFrom: Instant;
  billed: Decimal;
  ended: boolean;
}

/** The custom prices in force at an instant, those of later contracts last. */
export function overridesInForce(contracts: readonly ContractState[], at: Instant): OverrideRequest[] {
  return contracts.filter((contract) => isInForce(contract, at)).flatMap(({ overrides }) => overrides);
}

/** True from a contract's start to the end of its present term. */
export function isInForce({ start, term, ended }: ContractState, at: Instant): boolean {
  return !ended && at >= start && (term.end === null || at < term.end);
}

const rules = {
  month: { interval: "month", intervalCount: 1 },
  quarter: { interval: "month", intervalCount: 3 },
  year: { interval: "year", intervalCount: 1 },
} as const;

/**
 * The commitment period that is running: of the agreed length, cut short by the end of the term. Null for a contract
 * without a commitment, or one over a term that has no end.
 */
export function commitmentPeriod(contract: ContractState): (Period & { readonly whole: Period }) | null {
  const { commitment, term, committedFrom, timezone } = contract;
  if (commitment === null) return null;
  if (commitment.period === "term") {
    if (term.end === null) return null;
    const whole = { start: term.start, end: term.end };
    return { ...whole, whole };
  }
  const rule: PeriodRule = {
    start: term.start,
    anchor: "anniversary",
    timezone,
    ...rules[commitment.period],
  };
  const whole = periodContaining(rule, Math.max(committedFrom, term.start));
  if (whole === null) return null;
  const end = term.end === null ? whole.end : Math.min(whole.end, term.end);
  return { start: whole.start, end, whole: { start: whole.start, end: whole.end } };
}

/** The term after the present one, as long again; null where the present one has no end. */
export function nextTerm({ term: { start, end }, timezone }: ContractState): Period | null {
  return end === null ? null : { start: end, end: endOfRepeat({ start, end }, timezone) };
}

/** A contract as stored in a snapshot: amounts as plain decimals. */
export type StoredContract = Omit<ContractState, "commitment" | "billed"> & {
  commitment: { amount: string; period: ContractCommitment["period"] } | null;
  billed: string;
};

export function encodeContract(contract: ContractState): StoredContract {
  const { commitment, billed } = contract;
  return {
    ...contract,
    commitment: commitment === null ? null : { ...commitment, amount: formatDecimal(commitment.amount) },
    billed: formatDecimal(billed),
  };
}

export function decodeContract(stored: StoredContract): ContractState {
  const { commitment, billed } = stored;
  return {
    ...stored,
    commitment: commitment === null ? null : { ...commitment, amount: decimal(commitment.amount) },
    billed: decimal(billed),
  };
}
