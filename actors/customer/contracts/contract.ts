import type { Commitment } from "../../../src/catalog/commitment.ts";
import { type Decimal, decimal, formatDecimal } from "../../../src/money/decimal.ts";
import type { OverrideRequest } from "../../../src/subscriptions/price_override.ts";
import { type PeriodRule, periodAt, periodContaining } from "../../../src/time/calendar.ts";
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
  term: Term;
  /** The first of the terms that are as long as the present one; null where that has no end. */
  repeats: Period | null;
  renewal: "none" | "auto";
  readonly commitment: ContractCommitment | null;
  readonly overrides: readonly OverrideRequest[];
  documents: readonly { readonly name: string; readonly url: string }[];
  readonly createdAt: Instant;
  updatedAt: Instant;
  /** Where the oldest commitment period begins that is not settled. */
  committedFrom: Instant;
  /** What has been invoiced of what begins in that period, net of discounts. */
  billed: Decimal;
  /** The same of what begins after it, by its beginning. */
  ahead: readonly Invoiced[];
  /** Terms that are over and not settled yet, where the commitment is for a term. */
  termsOver: readonly Period[];
  /** True once its start has been reached. */
  started: boolean;
  ended: boolean;
}

/** The present term. */
export interface Term {
  readonly start: Instant;
  /** Null where none was agreed. */
  readonly end: Instant | null;
  /** The end that was agreed; `end` lies before it once the contract has been terminated. */
  readonly agreedEnd: Instant | null;
}

/** An amount invoiced for what begins at an instant, net of discounts. */
export interface Invoiced {
  readonly start: Instant;
  readonly amount: Decimal;
}

/** The custom prices in force at an instant, those of later contracts last. */
export function overridesInForce(contracts: readonly ContractState[], at: Instant): OverrideRequest[] {
  return contracts.filter((contract) => isInForce(contract, at)).flatMap(({ overrides }) => overrides);
}

/** True from a contract's start to its end. */
export function isInForce(contract: ContractState, at: Instant): boolean {
  const end = lastEnd(contract);
  return at >= contract.start && (end === null || at < end);
}

/** When a contract is over for good; null while it goes on or renews. */
export function lastEnd({ term, renewal, ended }: ContractState): Instant | null {
  return renewal === "auto" && !ended ? null : term.end;
}

const months = { month: 1, quarter: 3, year: 12 } as const;

/** A commitment period, and what it would be if the contract's end did not cut it short. */
export type CommitmentPeriod = Period & { readonly whole: Period };

/**
 * The oldest commitment period that is not settled. Periods are counted from the contract's start, as calendar
 * months from its day: 31 January, 28 February, 31 March. Null without a commitment, and once all is settled.
 */
export function commitmentPeriod(contract: ContractState): CommitmentPeriod | null {
  const { commitment, committedFrom, start, timezone } = contract;
  if (commitment === null) return null;
  if (commitment.period === "term") return committedTerm(contract);
  const over = lastEnd(contract);
  if (over !== null && committedFrom >= over) return null;
  const whole = periodContaining(everyMonths(start, months[commitment.period], timezone), committedFrom);
  if (whole === null) return null;
  const end = over === null ? whole.end : Math.min(whole.end, over);
  return { start: whole.start, end, whole: { start: whole.start, end: whole.end } };
}

/** The oldest term that is not settled; one that was terminated is a part of the term that was agreed. */
function committedTerm({ term, termsOver, committedFrom }: ContractState): CommitmentPeriod | null {
  const [oldest] = termsOver;
  if (oldest !== undefined) return { ...oldest, whole: oldest };
  const { start, end, agreedEnd } = term;
  if (end === null || agreedEnd === null || committedFrom >= end) return null;
  return { start, end, whole: { start, end: agreedEnd } };
}

/**
 * The term after the present one: as many calendar months as the first of its kind, counted from that one's start,
 * where it has whole ones, else as long to the millisecond. Null where the present one has no end.
 */
export function nextTerm({
  repeats,
  term,
  timezone,
}: ContractState): { start: Instant; end: Instant } | null {
  const { end } = term;
  if (repeats === null || end === null) return null;
  const whole = periodContaining(everyMonths(repeats.start, 1, timezone), repeats.end);
  const isWhole = whole !== null && whole.k > 0 && whole.start === repeats.end;
  if (!isWhole) return { start: end, end: end + (repeats.end - repeats.start) };
  const rule = everyMonths(repeats.start, whole.k, timezone);
  const present = periodContaining(rule, end - 1);
  return { start: end, end: periodAt(rule, (present?.k ?? 0) + 1).end };
}

function everyMonths(start: Instant, intervalCount: number, timezone: string): PeriodRule {
  return { start, anchor: "anniversary", interval: "month", intervalCount, timezone };
}

/** A contract as stored in a snapshot: amounts as plain decimals. */
export type StoredContract = Omit<ContractState, "commitment" | "billed" | "ahead"> & {
  commitment: { amount: string; period: ContractCommitment["period"] } | null;
  billed: string;
  ahead: readonly { start: Instant; amount: string }[];
};

export function encodeContract(contract: ContractState): StoredContract {
  const { commitment, billed, ahead } = contract;
  return {
    ...contract,
    commitment: commitment === null ? null : { ...commitment, amount: formatDecimal(commitment.amount) },
    billed: formatDecimal(billed),
    ahead: ahead.map(({ start, amount }) => ({ start, amount: formatDecimal(amount) })),
  };
}

export function decodeContract(stored: StoredContract): ContractState {
  const { commitment, billed, ahead } = stored;
  return {
    ...stored,
    commitment: commitment === null ? null : { ...commitment, amount: decimal(commitment.amount) },
    billed: decimal(billed),
    ahead: ahead.map(({ start, amount }) => ({ start, amount: decimal(amount) })),
  };
}
