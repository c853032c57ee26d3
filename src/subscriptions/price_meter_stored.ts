import { assert } from "../errors.ts";
import { type Aggregate, decodeAggregate, encodeAggregate } from "../metering/aggregate.ts";
import { type Decimal, decimal, formatDecimal } from "../money/decimal.ts";
import type { EventTally } from "../pricing/event_tally.ts";
import type { Instant } from "../time/instant.ts";
import type { PriceMeter, WindowMeter } from "./price_meter.ts";

const VERSION = 1;

interface StoredTally {
  readonly count: string;
  readonly sum: string;
  readonly freed?: string;
  readonly early?: readonly (readonly [at: Instant, amount: string, times: string])[];
  readonly left?: { readonly events: string | null; readonly amount: string | null };
}

interface StoredMeter {
  readonly v: number;
  readonly aggregate?: unknown;
  readonly cells?: readonly (readonly [key: string, aggregate: unknown])[];
  readonly tally?: StoredTally;
  readonly windows?: readonly (readonly [start: Instant, end: Instant, meter: StoredMeter])[];
}

/** The meter as a value for JSON, with a version. */
export function encodePriceMeter(meter: PriceMeter): unknown {
  return encodeMeter(meter);
}

/** The meter that `encodePriceMeter` made; fails loudly on a version of the future. */
export function decodePriceMeter(stored: unknown): PriceMeter {
  const { v, aggregate, cells, tally, windows } = stored as StoredMeter;
  assert(v === VERSION, `price meter version ${v} can be read`);
  return {
    aggregate: aggregate === undefined ? null : decodeAggregate(aggregate),
    cells: cells === undefined ? null : new Map(cells.map(([key, cell]) => [key, decodeAggregate(cell)])),
    tally: tally === undefined ? null : decodeTally(tally),
    windows: windows === undefined ? null : new Map(windows.map(decodeWindow)),
    others: null,
  };
}

function encodeMeter({ aggregate, cells, tally, windows }: PriceMeter): StoredMeter {
  return {
    v: VERSION,
    ...(aggregate === null ? {} : { aggregate: encodeAggregate(aggregate) }),
    ...(cells === null ? {} : { cells: [...cells].map(encodeCell) }),
    ...(tally === null ? {} : { tally: encodeTally(tally) }),
    ...(windows === null ? {} : { windows: [...windows.values()].map(encodeWindow) }),
  };
}

function encodeCell([key, aggregate]: readonly [string, Aggregate]) {
  return [key, encodeAggregate(aggregate)] as const;
}

function encodeWindow({ window, meter }: WindowMeter) {
  return [window.start, window.end, encodeMeter(meter)] as const;
}

function decodeWindow([start, end, meter]: readonly [Instant, Instant, StoredMeter]): [Instant, WindowMeter] {
  return [start, { window: { start, end }, meter: decodePriceMeter(meter) }];
}

function encodeTally({ count, sum, early, freed, left }: EventTally): StoredTally {
  return {
    count: formatDecimal(count),
    sum: formatDecimal(sum),
    ...(freed.c === 0 ? {} : { freed: formatDecimal(freed) }),
    ...(early.length === 0
      ? {}
      : { early: early.map((e) => [e.at, formatDecimal(e.amount), formatDecimal(e.times)] as const) }),
    ...(left === null ? {} : { left: { events: textOf(left.events), amount: textOf(left.amount) } }),
  };
}

function decodeTally({ count, sum, freed, early = [], left }: StoredTally): EventTally {
  return {
    count: decimal(count),
    sum: decimal(sum),
    early: early.map(([at, amount, times]) => ({ at, amount: decimal(amount), times: decimal(times) })),
    freed: decimal(freed ?? "0"),
    left:
      left === undefined ? null : { events: decimalOrNull(left.events), amount: decimalOrNull(left.amount) },
  };
}

function textOf(value: Decimal | null): string | null {
  return value === null ? null : formatDecimal(value);
}

function decimalOrNull(text: string | null): Decimal | null {
  return text === null ? null : decimal(text);
}
