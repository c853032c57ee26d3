import type { Random } from "../random.ts";
import {
  type Case,
  type Edge,
  type Kind,
  kinds,
  type MeteredCase,
  type Model,
  type Modifiers,
  type OracleEvent,
  type OracleFilter,
  type OracleMetric,
  type OraclePrice,
  type RecurringCase,
  type Scalar,
  type UnitTransform,
} from "./case.ts";
import { type Bare, drawSeries, most, shuffled } from "./draw_events.ts";
import { drawTerms, levels, plain, regions, unit } from "./draw_price.ts";
import { passes } from "./filters.ts";
import { drawSpan, drawWindows } from "./spans.ts";

/** Draws a case of one model and one kind of edge. */
export function drawCase(random: Random, model: Model, edge: Edge): Case {
  if (model === "flat" || (model === "seat" && random.chance(0.4))) return drawRecurring(random, model, edge);
  return drawMetered(random, model, edge);
}

function drawRecurring(random: Random, model: "flat" | "seat", edge: Edge): RecurringCase {
  const { terms, bounds } = drawTerms(random, model, edge, "sum");
  const targets = Array.from({ length: random.whole(2, 4) }, () => drawTarget(random, edge, bounds));
  if (edge === "negative delta") targets.sort((a, b) => (a < b ? 1 : -1)); // seats that are given up
  return { model, edge, price: terms, metric: null, seats: targets.map(plain) };
}

function drawMetered(random: Random, model: Model, edge: Edge): MeteredCase {
  const kind = drawKind(random, model, edge);
  const metric = drawMetric(random, kind);
  const { terms, bounds } = drawTerms(random, model, edge, kind);
  const modifiers = drawModifiers(random, model, bounds);
  const price = { ...terms, ...modifiers };
  const ask = asked(random, price, metric);
  const period = drawSpan(random);
  const span = period.stretch;
  const parts = price.window === undefined ? [period] : drawWindows(random, price.window, period);
  const events = parts.flatMap((part) => {
    const wanted = quantityFor(random, edge, modifiers, drawTarget(random, edge, bounds));
    const target = model === "percentage" && kind === "count" ? smaller(wanted, 20n * unit) : wanted;
    const series = drawSeries(random, { ...part, metric, target, fallsBack: edge === "negative delta" });
    const cell = drawTraits(random, ask.dimensions);
    return series.map((bare) => dressed(random, edge, bare, ask, random.chance(0.7) ? cell : {}));
  });
  const carried = metric.carry_over === true ? drawBefore(random, metric, span.start) : [];
  const before = carried.map((bare) => dressed(random, edge, bare, ask, {}));
  const cutAt = random.chance(0.2) ? period.instant() : null;
  return { model, edge, price, metric, span, before, events: inArrival(random, kind, events), cutAt };
}

const smaller = (a: bigint, b: bigint): bigint => (a < b ? a : b);

/** The kinds that can do what the edge asks for: not all can break, fall or grow without bounds. */
function drawKind(random: Random, model: Model, edge: Edge): Kind {
  // A part of an amount is mostly one of sums.
  if (model === "percentage" && random.chance(0.6)) return "sum";
  const cannot: Readonly<Record<Edge, readonly Kind[]>> = {
    edge: [],
    zero: [],
    fraction: ["count", "unique", "unique with operations"],
    huge: ["unique", "unique with operations"],
    "negative delta": ["count", "max", "unique"],
  };
  return random.pick(kinds.filter((kind) => !cannot[edge].includes(kind)));
}

function drawMetric(random: Random, kind: Kind): OracleMetric {
  const carries: readonly Kind[] = ["sum", "unique", "unique with operations", "latest", "weighted_sum"];
  const mode = random.pick(["up", "down", "half_up", "half_even"]);
  return {
    kind,
    ...(kind === "percentile"
      ? { percentile: random.pick(["50", "95", "100", "0.1", "33.333333333333"]) }
      : {}),
    ...(random.chance(0.2) ? { rounding: { mode, scale: random.pick([0, 0, 1, 2, 12]) } } : {}),
    ...(carries.includes(kind) && random.chance(0.25) ? { carry_over: true } : {}),
    ...(random.chance(0.25) ? { filters: drawFilters(random) } : {}),
  };
}

function drawModifiers(random: Random, model: Model, bounds: readonly bigint[]): Modifiers {
  const hasUnits = model !== "percentage" && model !== "dynamic";
  const some = () =>
    plain(random.pick([bounds[0] ?? unit, unit, random.digits(3) * unit, random.digits(14)]));
  const window = random.maybe(0.15, () => random.pick(["hour", "day", "week"]));
  return {
    ...(hasUnits && random.chance(0.2) ? { included_units: some() } : {}),
    ...(hasUnits && random.chance(0.2) ? { unit_transform: drawTransform(random) } : {}),
    ...(window === undefined ? {} : { window }),
    ...(random.chance(0.15) ? { filters: drawFilters(random) } : {}),
  };
}

function drawTransform(random: Random): UnitTransform {
  return {
    operation: random.pick(["divide", "multiply"]),
    by: random.pick(["1000", "60", "7", "3", "0.5", "1024", "1.25", "0.000001"]),
    round: random.pick(["up", "down", "half_up", "none"]),
  };
}

/** The billed quantity a case ends at. */
function drawTarget(random: Random, edge: Edge, bounds: readonly bigint[]): bigint {
  const bound = bounds[random.whole(0, bounds.length - 1)] ?? unit;
  switch (edge) {
    case "edge": {
      const off = random.pick([0n, unit, 1n, unit / 2n]);
      const target = bound + (random.chance(0.5) ? off : -off);
      return target > 0n ? target : bound;
    }
    case "zero":
      return 0n;
    case "fraction":
      return random.digits(8) * unit + random.digits(12);
    case "huge":
      return random.digits(17) * unit + 10n ** 27n;
    case "negative delta":
      return random.digits(10) * unit + (random.chance(0.5) ? random.digits(12) : 0n);
  }
}

/** What the metric must say for so many billed units; sometimes a hair beside it. */
function quantityFor(random: Random, edge: Edge, modifiers: Modifiers, billed: bigint): bigint {
  const { included_units, unit_transform } = modifiers;
  const isNothing = edge === "zero" && random.chance(0.5);
  let quantity = billed + (included_units === undefined || isNothing ? 0n : trillionths(included_units));
  if (unit_transform !== undefined) {
    const by = trillionths(unit_transform.by);
    quantity = unit_transform.operation === "divide" ? (quantity * by) / unit : (quantity * unit) / by;
  }
  if (edge === "edge" && random.chance(0.2)) quantity += 1n;
  return smaller(quantity, most);
}

function trillionths(text: string): bigint {
  const [whole = "", decimals = ""] = text.split(".");
  return BigInt(whole + decimals.padEnd(12, "0"));
}

function drawFilters(random: Random): OracleFilter[] {
  const one = (): OracleFilter =>
    random.pick<OracleFilter>([
      { field: "plan", op: random.pick(["eq", "neq"]), values: ["a"] },
      { field: "plan", op: random.pick(["in", "nin"]), values: ["a", "b"] },
      { field: "size", op: random.pick(["gt", "gte", "lt", "lte"]), values: [random.pick([1, 1.5])] },
      { field: "size", op: random.pick(["eq", "neq"]), values: [1.5] },
      { field: "vip", op: "eq", values: [true] },
      { field: "vip", op: "exists", values: [random.chance(0.5)] },
      { field: "plan", op: "exists" },
    ]);
  return random.chance(0.3) ? [one(), one()] : [one()];
}

const values: Readonly<Record<string, readonly (Scalar | null)[]>> = {
  plan: ["a", "b", "c", null],
  size: [0, 1, 1.5, 2, "1.50", "1.5", "big", null],
  vip: [true, true, false, null],
  region: [...regions, 1, null],
  level: [...levels, "1", 3, null],
};

/** Values for the properties, some of which are left out. */
function drawTraits(random: Random, names: readonly string[]): Record<string, Scalar> {
  const traits: Record<string, Scalar> = {};
  for (const name of names) {
    const value = random.pick(values[name] ?? []);
    if (value !== null) traits[name] = value;
  }
  return traits;
}

/** What a price and its metric ask of an event beside its value. */
interface Asked {
  readonly filters: readonly OracleFilter[];
  readonly dimensions: readonly string[];
  /** All properties that are looked at, and now and then some that are not. */
  readonly names: readonly string[];
  readonly hasFee: boolean;
}

function asked(random: Random, price: OraclePrice, metric: OracleMetric): Asked {
  const filters = [...(metric.filters ?? []), ...(price.filters ?? [])];
  const dimensions = price.model === "matrix" ? price.dimensions : [];
  const names = random.chance(0.1)
    ? Object.keys(values)
    : [...new Set([...filters.map(({ field }) => field), ...dimensions])];
  return { filters, dimensions, names, hasFee: price.model === "dynamic" };
}

/** The event with traits, which mostly get it past the filters, and now and then without a value. */
function dressed(
  random: Random,
  edge: Edge,
  bare: Bare,
  { filters, names, hasFee }: Asked,
  cell: Readonly<Record<string, Scalar>>,
): OracleEvent {
  const fee = hasFee ? drawFee(random, edge) : null;
  const value = random.chance(0.01) ? null : bare.value;
  let event: OracleEvent;
  let tries = random.chance(0.1) ? 1 : 20;
  do {
    event = { ...bare, value, fee, traits: { ...drawTraits(random, names), ...cell } };
    tries -= 1;
  } while (tries > 0 && !passes(event, filters));
  return event;
}

function drawFee(random: Random, edge: Edge): string | null {
  if (random.chance(0.01)) return null;
  switch (edge) {
    case "edge":
      return random.pick(["0.000000000001", "0.01", "1", plain(random.digits(14))]);
    case "zero":
      return "0";
    case "fraction":
      return plain(random.digits(5) * unit + random.digits(12));
    case "huge":
      return plain(random.digits(17) * unit + random.digits(12));
    case "negative delta":
      return `${random.chance(0.5) ? "-" : ""}${plain(random.digits(14) + 1n)}`;
  }
}

/** A few events of the period before. */
function drawBefore(random: Random, metric: OracleMetric, end: number): Bare[] {
  const start = end - 28 * 86_400_000;
  const stretch = { start, end, wholeMs: end - start };
  const instant = () => (random.chance(0.2) ? end - 1 : random.whole(start, end - 1));
  const target = BigInt(random.whole(0, 4)) * unit;
  return drawSeries(random, { metric, target, stretch, instant, fallsBack: true });
}

/** In the order of their times now and then, so that a series leads where it is meant to; else in any order. */
function inArrival(random: Random, kind: Kind, events: readonly OracleEvent[]): OracleEvent[] {
  const all = shuffled(random, events);
  return random.chance(kind === "latest" ? 0.5 : 0.2) ? all.sort((a, b) => a.at - b.at) : all;
}
