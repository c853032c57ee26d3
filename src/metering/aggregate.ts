import { assert, assertNever } from "../errors.ts";
import {
  add,
  type Decimal,
  decimal,
  formatDecimal,
  fromInteger,
  max,
  min,
  mul,
  ONE,
  ZERO,
} from "../money/decimal.ts";
import type { Instant } from "../time/instant.ts";
import type { Aggregation } from "./metric.ts";

/**
 * The running aggregate of a metric over one period and group, changed in place by `apply` only. One flat shape
 * for every kind: actors are bound by memory, not by arithmetic.
 *
 * `unique` is exact and keeps every distinct text: some 100 bytes each, in memory and in every snapshot, so it is
 * meant for up to about 100,000 of them per group and period.
 */
export interface Aggregate {
  readonly kind: Aggregation;
  /** The number so far; null before the first event, and always for `unique`. */
  value: Decimal | null;
  /** Event time and ingest order of the value that `latest` holds. */
  at: Instant;
  order: number;
  /** The distinct texts of `unique`. */
  texts: Set<string> | null;
}

/** The aggregate of no events, whose quantity is 0. */
export function newAggregate(kind: Aggregation): Aggregate {
  return { kind, value: null, at: 0, order: 0, texts: null };
}

/** The quantity so far; a sum, minimum, maximum or latest value may be negative. */
export function quantityOf(aggregate: Aggregate): Decimal {
  if (aggregate.kind === "unique") return fromInteger(aggregate.texts?.size ?? 0);
  return aggregate.value ?? ZERO;
}

/**
 * The quantity the aggregate would have with one event more; changes nothing.
 *
 * @param value what `meteredValue` gave for this metric
 * @param order breaks ties between equal times: the later one in, the greater
 * @param times how many equal events this stands for, a whole number above 0
 */
export function peek(
  aggregate: Aggregate,
  value: Decimal | string,
  at: Instant,
  order: number,
  times: Decimal,
): Decimal {
  if (typeof value !== "string") return numberAfter(aggregate, value, at, order, times);
  const { texts } = aggregate;
  assert(aggregate.kind === "unique", "only unique takes texts");
  return fromInteger(texts === null ? 1 : texts.size + (texts.has(value) ? 0 : 1));
}

/** Takes one event in; afterwards `quantityOf` gives what `peek` gave with the same arguments before. */
export function apply(
  aggregate: Aggregate,
  value: Decimal | string,
  at: Instant,
  order: number,
  times: Decimal,
): void {
  if (typeof value === "string") {
    assert(aggregate.kind === "unique", "only unique takes texts");
    if (aggregate.texts === null) aggregate.texts = new Set();
    aggregate.texts.add(value);
    return;
  }
  if (aggregate.kind !== "latest") {
    aggregate.value = numberAfter(aggregate, value, at, order, times);
  } else if (isLater(aggregate, at, order)) {
    aggregate.value = value;
    aggregate.at = at;
    aggregate.order = order;
  }
}

const VERSION = 1;

interface StoredAggregate {
  readonly v: number;
  readonly kind: Aggregation;
  readonly value?: string;
  readonly at?: Instant;
  readonly order?: number;
  readonly texts?: readonly string[];
}

/** The aggregate as a value for JSON, with a version. */
export function encodeAggregate(aggregate: Aggregate): unknown {
  const { kind, value, at, order, texts } = aggregate;
  const stored: StoredAggregate = {
    v: VERSION,
    kind,
    ...(value === null ? {} : { value: formatDecimal(value) }),
    ...(kind === "latest" ? { at, order } : {}),
    ...(texts === null ? {} : { texts: [...texts] }),
  };
  return stored;
}

/** The aggregate that `encodeAggregate` made; fails loudly on a version of the future. */
export function decodeAggregate(stored: unknown): Aggregate {
  const { v, kind, value, at, order, texts } = stored as StoredAggregate;
  assert(v === VERSION, `aggregate version ${v} can be read`);
  return {
    kind,
    value: value === undefined ? null : decimal(value),
    at: at ?? 0,
    order: order ?? 0,
    texts: texts === undefined ? null : new Set(texts),
  };
}

function numberAfter(
  aggregate: Aggregate,
  value: Decimal,
  at: Instant,
  order: number,
  times: Decimal,
): Decimal {
  const { kind, value: before } = aggregate;
  assert(kind !== "unique", "unique takes texts");
  switch (kind) {
    case "count":
      return before === null ? times : add(before, times);
    case "sum": {
      const more = times === ONE ? value : mul(value, times);
      return before === null ? more : add(before, more);
    }
    case "max":
      return before === null ? value : max(before, value);
    case "min":
      return before === null ? value : min(before, value);
    case "latest":
      return before === null || isLater(aggregate, at, order) ? value : before;
    default:
      return assertNever(kind);
  }
}

function isLater(aggregate: Aggregate, at: Instant, order: number): boolean {
  if (aggregate.value === null || at > aggregate.at) return true;
  return at === aggregate.at && order > aggregate.order;
}
