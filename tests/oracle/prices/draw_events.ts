import type { Random } from "../random.ts";
import type { Kind, OracleEvent, OracleMetric } from "./case.ts";
import { plain, unit } from "./draw_price.ts";
import type { Part } from "./spans.ts";

/** An event without what makes it pass filters or find its cell. */
export type Bare = Pick<OracleEvent, "value" | "at" | "times" | "operation">;

/** Where a series of events is to lead, and the time it has. */
export interface Aim extends Part {
  readonly metric: OracleMetric;
  /** The quantity at its end, in units of 10^-12. */
  readonly target: bigint;
  /** Something must come in and be taken back. */
  readonly fallsBack: boolean;
}

/** The greatest value an event can have. */
export const most = 10n ** 30n - 1n;

// More events at once a plain number cannot say.
const countMost = 9n * 10n ** 15n;

/** A few events of the metric's kind that end at the target, in some order. */
export function drawSeries(random: Random, aim: Aim): Bare[] {
  const count = random.whole(aim.fallsBack ? 1 : 0, 2);
  const others = Array.from({ length: count }, () => drawOther(random));
  return shuffled(random, series[aim.metric.kind](random, aim, others));
}

const drawOther = (random: Random): bigint =>
  random.digits(6) * unit + (random.chance(0.5) ? random.digits(12) : 0n);

type Series = (random: Random, aim: Aim, others: readonly bigint[]) => Bare[];

const series: Readonly<Record<Kind, Series>> = {
  count: (random, { target, instant }) =>
    split(random, target / unit > countMost ? countMost : target / unit)
      .filter((times) => times > 0n)
      .map((times) => ({ value: "1", at: instant(), times: Number(times) })),

  // What comes in besides is taken back again, both as often.
  sum: (random, { target, instant, fallsBack }, others) => {
    const pairs = (fallsBack || random.chance(0.3) ? others : []).flatMap((value) => {
      const times = random.whole(1, 3);
      return [bare(value, instant(), times), bare(-value, instant(), times)];
    });
    return [...pairs, ...split(random, target).map((value) => bare(value, instant()))];
  },

  max: (random, { target, instant }, others) =>
    [...others.map((value) => target - value), target].map((v) => bare(v, instant(), some(random))),

  min: (random, { target, instant }, others) =>
    [...others.map((value) => target + value), target].map((v) => bare(v, instant(), some(random))),

  unique: (random, { target, instant }) => {
    const texts = names(target);
    return [...texts, ...texts.slice(0, random.whole(0, 3))].map((value) =>
      bare(value, instant(), some(random)),
    );
  },

  // Some are added twice, some go and some come back; the last operation in time is what counts.
  "unique with operations": (random, { target, instant }) => {
    const texts = names(target);
    const gone = names(BigInt(random.whole(1, 2)) * unit).map((value) => value + target);
    const removed = [...gone, ...texts.slice(0, random.whole(0, 2))].map((value) => ({
      ...bare(value, instant(), some(random)),
      operation: "remove" as const,
    }));
    const added = [...texts, ...gone].map((value) => ({
      ...bare(value, instant()),
      ...(random.chance(0.5) ? { operation: "add" as const } : {}),
    }));
    return [...added, ...removed];
  },

  // Equal times go to the one that comes in later.
  latest: (random, { target, instant }, others) => {
    const times = [...others, target].map(() => instant()).sort((a, b) => a - b);
    return [...others.map((value) => target + value), target].map((v, i) =>
      bare(v, times[i] ?? 0, some(random)),
    );
  },

  average: (random, { target, instant }, others) => {
    const around = others.flatMap((value) => {
      const times = random.whole(1, 3);
      return [bare(target + value, instant(), times), bare(target - value, instant(), times)];
    });
    const odd = random.chance(0.3) ? [bare(target + unit, instant(), random.whole(1, 6))] : [];
    return [...around, bare(target, instant(), random.whole(1, 3)), ...odd];
  },

  // A level held from the start, and changes on the way which are taken back at once or a while later.
  weighted_sum: (random, { target, instant, stretch: { start, end, wholeMs } }, others) => {
    const level = (target * BigInt(wholeMs)) / BigInt(end - start);
    const changes = others.flatMap((value) => {
      const [up, down, times] = [instant(), instant(), some(random)];
      return [bare(value, up, times), bare(-value, random.chance(0.5) ? up : down, times)];
    });
    return [...changes, ...split(random, level).map((value) => bare(value, start))];
  },

  percentile: (random, { target, metric, instant }, others) => {
    const values = Array.from({ length: random.whole(1, 4) }, (_, i) => others[i] ?? BigInt(i) * unit);
    const rank = Math.ceil((values.length * Number(metric.percentile)) / 100);
    return values.map((value, index) => {
      const at = index + 1 < rank ? target - value : index + 1 === rank ? target : target + value;
      return bare(at, instant(), some(random));
    });
  },
};

function bare(value: bigint, at: number, times = 1): Bare {
  return { value: plain(value > most ? most : value < -most ? -most : value), at, times };
}

/** How many equal events come at once: mostly one. */
const some = (random: Random): number => (random.chance(0.2) ? random.whole(2, 3) : 1);

/** As many different texts as there are units in the target, within reason. */
function names(target: bigint): bigint[] {
  const length = Math.min(Number(target / unit), 6);
  return Array.from({ length }, (_, i) => BigInt(i + 1) * unit);
}

/** The amount in one to three parts, as far as there is enough to share. */
function split(random: Random, amount: bigint): bigint[] {
  const parts: bigint[] = [];
  let left = amount;
  for (let more = random.whole(0, 2); more > 0 && left > 1n; more -= 1) {
    const part = left / BigInt(random.whole(2, 5));
    if (part > 0n) parts.push(part);
    left -= part;
  }
  return [...parts, left];
}

/** In any order: events come in late and mixed up. */
export function shuffled<T>(random: Random, list: readonly T[]): T[] {
  const all = list.slice();
  for (let last = all.length - 1; last > 0; last -= 1) {
    const other = random.whole(0, last);
    const [a, b] = [all[last], all[other]];
    if (a !== undefined && b !== undefined) [all[last], all[other]] = [b, a];
  }
  return all;
}
