import { assert } from "../errors.ts";
import { type Decimal, decimal, formatDecimal, isZero } from "../money/decimal.ts";
import type { Instant } from "../time/instant.ts";
import { type Aggregate, emptyAggregate } from "./aggregate_state.ts";
import type { Aggregation } from "./metric.ts";

const VERSION = 2;

interface StoredAggregate {
  readonly v: number;
  readonly kind: Aggregation;
  readonly value?: string;
  readonly second?: string;
  readonly at?: Instant;
  readonly order?: number;
  readonly texts?: readonly string[];
  readonly mentions?: readonly (readonly [text: string, at: Instant, order: number, isThere: boolean])[];
  readonly ranked?: readonly (readonly [value: string, times: string])[];
}

/** The aggregate as a value for JSON, with a version. */
export function encodeAggregate(aggregate: Aggregate): unknown {
  const { kind, value, second, at, order, texts, mentions, ranked } = aggregate;
  const stored: StoredAggregate = {
    v: VERSION,
    kind,
    ...(value === null ? {} : { value: formatDecimal(value) }),
    ...(isZero(second) ? {} : { second: formatDecimal(second) }),
    ...(kind === "latest" ? { at, order } : {}),
    ...(texts === null ? {} : { texts: [...texts] }),
    ...(mentions === null
      ? {}
      : { mentions: [...mentions].map(([text, m]) => [text, m.at, m.order, m.isThere] as const) }),
    ...(ranked === null
      ? {}
      : { ranked: ranked.map((r) => [formatDecimal(r.value), formatDecimal(r.times)] as const) }),
  };
  return stored;
}

/** The aggregate that `encodeAggregate` made, also in its first version; fails loudly on one of the future. */
export function decodeAggregate(stored: unknown): Aggregate {
  const { v, kind, value, second, at, order, texts, mentions, ranked } = stored as StoredAggregate;
  assert(v === 1 || v === VERSION, `aggregate version ${v} can be read`);
  const aggregate = emptyAggregate(kind);
  const number = (text: string | undefined): Decimal | null => (text === undefined ? null : decimal(text));
  aggregate.value = number(value);
  aggregate.second = number(second) ?? aggregate.second;
  aggregate.at = at ?? 0;
  aggregate.order = order ?? 0;
  if (texts !== undefined) aggregate.texts = new Set(texts);
  if (mentions !== undefined)
    aggregate.mentions = new Map(
      mentions.map(([text, when, nth, isThere]) => [text, { at: when, order: nth, isThere }]),
    );
  if (ranked !== undefined)
    aggregate.ranked = ranked.map(([each, times]) => ({ value: decimal(each), times: decimal(times) }));
  return aggregate;
}
