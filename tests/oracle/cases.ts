import type { OracleAggregation, OracleEvent } from "./metering.ts";
import { type Random, written } from "./random.ts";
import type { OraclePrice, OracleTier } from "./rating.ts";

export const models = ["flat", "per_unit", "graduated", "volume", "package"] as const;
export const edges = ["edge", "zero", "fraction", "huge", "negative delta"] as const;
export type Model = (typeof models)[number];
export type Edge = (typeof edges)[number];

/** Usage at a price, leading to where things go wrong. */
export interface Case {
  readonly model: Model;
  readonly edge: Edge;
  readonly price: OraclePrice;
  readonly aggregation: OracleAggregation;
  readonly events: readonly OracleEvent[];
}

/** Everything in this file is counted in units of 10^-12, the finest there are. */
const unit = 10n ** 12n;
const plain = (value: bigint): string => written(value, 12).replace(/\.?0+$/, "");

/** Draws a case of one model and one kind of edge. */
export function drawCase(random: Random, model: Model, edge: Edge): Case {
  const { price, bounds } = drawPrice(random, model, edge);
  const target = drawTarget(random, edge, bounds);
  const aggregation = drawAggregation(random, edge, target);
  return { model, edge, price, aggregation, events: drawEvents(random, edge, aggregation, target) };
}

function drawPrice(random: Random, model: Model, edge: Edge): { price: OraclePrice; bounds: bigint[] } {
  const amount = () => plain(random.chance(0.1) ? 0n : random.digits(random.pick([12, 15, 24])));
  switch (model) {
    case "flat":
      return { price: { model, amount: amount() }, bounds: [unit] };
    case "per_unit":
      return { price: { model, unit_amount: amount() }, bounds: [unit] };
    case "package": {
      const size = drawBound(random, edge, 0n);
      return {
        price: { model, package_size: plain(size), package_amount: amount() },
        bounds: [size, size * BigInt(random.whole(2, 9))],
      };
    }
    default: {
      const { tiers, bounds } = drawTiers(random, edge, amount);
      return { price: { model, tiers, flat_at_zero: random.chance(0.3) }, bounds };
    }
  }
}

function drawTiers(
  random: Random,
  edge: Edge,
  amount: () => string,
): { tiers: OracleTier[]; bounds: bigint[] } {
  const bounds: bigint[] = [];
  for (let left = random.whole(edge === "edge" ? 1 : 0, 4); left > 0; left -= 1) {
    bounds.push(drawBound(random, edge, bounds.at(-1) ?? 0n));
  }
  const tiers = [...bounds, null].map((bound) => ({
    up_to: bound === null ? null : plain(bound),
    unit_amount: amount(),
    ...(random.chance(0.4) ? { flat_amount: amount() } : {}),
  }));
  return { tiers, bounds };
}

/** A bound above `from`: whole ones mostly, broken ones too, and of the size the case is about. */
function drawBound(random: Random, edge: Edge, from: bigint): bigint {
  const step = random.digits(edge === "huge" ? 15 : 4) + 1n;
  return from + (random.chance(0.3) ? step * 10n ** BigInt(random.whole(0, 12)) : step * unit);
}

/** The quantity a case ends at. */
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

/** An aggregation that can end at the target: only some can break, shrink or stay at zero. */
function drawAggregation(random: Random, edge: Edge, target: bigint): OracleAggregation {
  if (edge === "negative delta") return random.pick(["sum", "latest", "min"]);
  if (target === 0n || target % unit !== 0n) return random.pick(["sum", "max", "min", "latest"]);
  if (target > 9n * 10n ** 15n * unit) return random.pick(["sum", "max", "min", "latest"]);
  if (target > 20n * unit) return random.pick(["count", "sum", "max", "min", "latest"]);
  return random.pick(["count", "sum", "max", "min", "latest", "unique"]);
}

function drawEvents(
  random: Random,
  edge: Edge,
  aggregation: OracleAggregation,
  target: bigint,
): OracleEvent[] {
  const event = (value: bigint, at: number, times = 1): OracleEvent => ({ value: plain(value), at, times });
  const other = () => random.digits(6) * unit + (random.chance(0.5) ? random.digits(12) : 0n);
  const extra = edge === "negative delta" ? random.whole(1, 4) : random.whole(0, 4);
  const others = Array.from({ length: extra }, other);
  const late = 1000;
  switch (aggregation) {
    case "count":
      return split(random, target / unit).map((times) => event(unit, random.whole(0, late), Number(times)));
    case "unique": {
      const texts = Array.from({ length: Number(target / unit) }, (_, i) => BigInt(i + 1) * unit);
      return [...texts, ...texts.slice(0, extra)].map((value) => event(value, random.whole(0, late)));
    }
    case "sum": {
      // What comes in besides is taken back again, both as often.
      const pairs = others.flatMap((value) => {
        const times = random.whole(1, 3);
        return [event(value, random.whole(0, late), times), event(-value, random.whole(0, late), times)];
      });
      return [...pairs, ...split(random, target).map((value) => event(value, random.whole(0, late)))];
    }
    case "max":
      return [...others.map((value) => target - value), target].map((value) => event(value, 0));
    case "min":
      return [...others.map((value) => target + value), target].map((value) => event(value, 0));
    case "latest": {
      // The one that counts may come in anywhere among the earlier ones; equal times go to the later one in.
      const events = others.map((value) => event(target + value, random.whole(0, late - 1)));
      events.splice(random.whole(0, events.length), 0, event(target, late));
      return random.chance(0.3) ? [event(target + unit, late), ...events] : events;
    }
  }
}

/** The amount in one to four parts above zero, as far as there is enough to share. */
function split(random: Random, amount: bigint): bigint[] {
  const parts: bigint[] = [];
  let left = amount;
  for (let more = random.whole(0, 3); more > 0 && left > 1n; more -= 1) {
    const part = left / BigInt(random.whole(2, 5));
    if (part > 0n) parts.push(part);
    left -= part;
  }
  return [...parts, left];
}
