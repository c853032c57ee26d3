/** What several measurements of one thing come to. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** The median and the extremes. Throws where there is nothing. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const [min, max] = [sorted[0], sorted.at(-1)];
  if (min === undefined || max === undefined) throw new Error("nothing was measured");
  return { median: quantile(sorted, 0.5), min, max };
}

/** The value below which the given part of the sorted values lies, between two of them where need be. */
export function quantile(sorted: readonly number[], part: number): number {
  const at = (sorted.length - 1) * part;
  const low = sorted[Math.floor(at)] ?? Number.NaN;
  const high = sorted[Math.ceil(at)] ?? low;
  return low + (high - low) * (at - Math.floor(at));
}

/** Three or four digits, and a letter for thousands. */
export function shown(value: number): string {
  const size = Math.abs(value);
  if (size >= 9_999_500) return `${(value / 1e6).toFixed(1)}M`;
  if (size >= 999_500) return `${(value / 1e6).toFixed(2)}M`;
  if (size >= 9_995) return `${(value / 1e3).toFixed(0)}k`;
  if (size >= 100) return value.toFixed(0);
  if (size >= 10) return value.toFixed(1);
  if (size >= 0.1 || size === 0) return value.toFixed(2);
  return value.toPrecision(2);
}
