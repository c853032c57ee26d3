import { type Random, written } from "../random.ts";
import type { Edge, Kind, Matrix, Model, OracleCell, OracleTier, Percentage, Scalar, Terms } from "./case.ts";

/** Everything that is drawn is counted in units of 10^-12, the finest there are. */
export const unit = 10n ** 12n;

/** The value as the API would have it written, without zeros at its end. */
export function plain(value: bigint): string {
  const whole = value / unit;
  return whole * unit === value ? String(whole) : written(value, 12).replace(/0+$/, "");
}

/** What dimensions can be; 1 and "1" are the same to a price. */
export const regions: readonly Scalar[] = ["eu", "us", "1", "true"];
export const levels: readonly Scalar[] = [1, 2, "2", true];

/** A price's terms and the billed units at which it turns. */
export interface DrawnTerms {
  readonly terms: Terms;
  readonly bounds: readonly bigint[];
}

/** Draws the terms of a model whose bounds a metric of the kind can reach. */
export function drawTerms(random: Random, model: Model, edge: Edge, kind: Kind): DrawnTerms {
  const amount = () => plain(random.chance(0.1) ? 0n : random.digits(random.pick([12, 15, 24])));
  const bound = (from: bigint) => from + drawStep(random, edge, kind);
  switch (model) {
    case "flat":
      return { terms: { model, amount: amount() }, bounds: [unit] };
    case "per_unit":
      return { terms: { model, unit_amount: amount() }, bounds: [unit] };
    case "package": {
      const size = bound(0n);
      const terms = { model, package_size: plain(size), package_amount: amount() };
      return { terms, bounds: [size, size * BigInt(random.whole(2, 9))] };
    }
    case "seat": {
      const [min, max] = [random.maybe(0.6, () => bound(0n)), random.maybe(0.6, () => bound(0n))];
      const top = min === undefined || max === undefined ? max : min + max;
      const terms = {
        model,
        unit_amount: amount(),
        ...(min === undefined ? {} : { min: plain(min) }),
        ...(top === undefined ? {} : { max: plain(top) }),
      };
      return { terms, bounds: [min, top].filter((b) => b !== undefined) };
    }
    case "dynamic":
      return { terms: { model, amount_field: "fee" }, bounds: [unit] };
    case "percentage":
      return drawPercentage(random, bound, amount);
    case "matrix":
      return { terms: drawMatrix(random, amount), bounds: [unit, bound(0n)] };
    default:
      return drawTiered(random, model, edge, bound, amount);
  }
}

/** How far a bound is above the one before: whole mostly, broken too, and of the size the case is about. */
function drawStep(random: Random, edge: Edge, kind: Kind): bigint {
  if (kind === "unique" || kind === "unique with operations") return BigInt(random.whole(1, 3)) * unit;
  const step = random.digits(edge === "huge" ? 15 : 4) + 1n;
  const isBroken = kind !== "count" && random.chance(0.3);
  return isBroken ? step * 10n ** BigInt(random.whole(0, 12)) : step * unit;
}

function drawTiered(
  random: Random,
  model: "graduated" | "volume" | "stairstep" | "graduated_percentage",
  edge: Edge,
  bound: (from: bigint) => bigint,
  amount: () => string,
): DrawnTerms {
  const bounds: bigint[] = [];
  for (let left = random.whole(edge === "edge" ? 1 : 0, 4); left > 0; left -= 1) {
    bounds.push(bound(bounds.at(-1) ?? 0n));
  }
  const tiers = [...bounds, null].map((upTo): OracleTier => {
    const up_to = upTo === null ? null : plain(upTo);
    if (model === "stairstep") return { up_to, flat_amount: amount() };
    const flat = random.chance(0.4) ? { flat_amount: amount() } : {};
    const rate = model === "graduated_percentage" ? { rate: drawPercent(random) } : { unit_amount: amount() };
    return { up_to, ...rate, ...flat };
  });
  return { terms: { model, tiers, flat_at_zero: random.chance(0.3) }, bounds };
}

const drawPercent = (random: Random): string =>
  random.pick(["0", "2.9", "100", "0.000000000001", plain(random.digits(14))]);

function drawPercentage(random: Random, bound: (from: bigint) => bigint, amount: () => string): DrawnTerms {
  const rate = drawPercent(random);
  const part = bound(0n);
  const freeAmount = random.maybe(0.5, () => bound(0n));
  // The fee of an event of about this size is where the limits begin to tell.
  const [whole = "", decimals = ""] = rate.split(".");
  const fee = (part * BigInt(whole + decimals.padEnd(12, "0"))) / (100n * unit);
  const least = random.maybe(0.3, () => fee);
  const most = random.maybe(0.3, () => (least ?? fee) + (random.chance(0.5) ? fee : 0n));
  const terms: Percentage = {
    model: "percentage",
    rate,
    ...(random.chance(0.5) ? { fixed_amount: amount() } : {}),
    ...(random.chance(0.4) ? { free_events: String(random.whole(0, 5)) } : {}),
    ...(freeAmount === undefined ? {} : { free_amount: plain(freeAmount) }),
    ...(least === undefined ? {} : { min_per_event: plain(least) }),
    ...(most === undefined ? {} : { max_per_event: plain(most) }),
  };
  return { terms, bounds: [freeAmount ?? part, part] };
}

function drawMatrix(random: Random, amount: () => string): Matrix {
  const dimensions = random.pick<readonly string[]>([["region"], ["level"], ["region", "level"]]);
  const cells = new Map<string, OracleCell>();
  for (let left = random.whole(1, 4); left > 0; left -= 1) {
    const values = { region: random.pick(regions), level: random.pick(levels) };
    const match = Object.fromEntries(Object.entries(values).filter(([name]) => dimensions.includes(name)));
    cells.set(Object.values(match).join(), { match, unit_amount: amount() });
  }
  const others = random.chance(0.6) ? { default_unit_amount: amount() } : {};
  return { model: "matrix", dimensions, cells: [...cells.values()], ...others };
}
