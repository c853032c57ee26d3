import { assert } from "../errors.ts";
import type { Instant } from "../time/instant.ts";

/** `burst` units at once, and `units` more every `perMs` milliseconds. All of them whole numbers, at least 1. */
export interface RateRule {
  /** What clients know it by, in the RateLimit headers. */
  readonly name: string;
  readonly burst: number;
  readonly units: number;
  readonly perMs: number;
}

/**
 * How full a bucket was at an instant, in parts: a unit taken adds `perMs` parts, a millisecond drains `units` parts,
 * and `burst × perMs` parts are all it holds. So nothing is ever divided or rounded.
 */
export interface Fill {
  readonly level: number;
  readonly at: Instant;
}

/** What a bucket has left. */
export interface Standing {
  /** Whole units that could be taken now. */
  readonly remaining: number;
  /** Until what was asked for fits, where it does not; else until one more unit is back, 0 for an empty bucket. */
  readonly waitMs: number;
}

/** A rule. Its parts and what drains of them in a moment must stay exact integers. */
export function rateRule(name: string, burst: number, units: number, perMs: number): RateRule {
  for (const number of [burst, units, perMs])
    assert(Number.isSafeInteger(number) && number > 0, `rule ${name}`);
  assert(Number.isSafeInteger(burst * perMs + units), `rule ${name}: ${burst} × ${perMs} is too large`);
  return { name, burst, units, perMs };
}

/** The bucket now. A clock that was set back neither drains it nor keeps it from draining. */
export function fillNow(fill: Fill | null, rule: RateRule, now: Instant): Fill {
  if (fill === null) return { level: 0, at: now };
  const { level, at } = fill;
  const elapsed = now > at ? now - at : 0;
  return { level: elapsed >= emptyInMs(level, rule) ? 0 : level - elapsed * rule.units, at: now };
}

/** Whether `cost` units fit into a bucket as it is now; no units always do. */
export function fits(fill: Fill, rule: RateRule, cost: number): boolean {
  assert(
    Number.isSafeInteger(cost) && cost >= 0 && cost <= rule.burst,
    `${cost} never fits into ${rule.name}`,
  );
  return fill.level + cost * rule.perMs <= rule.burst * rule.perMs;
}

/** The bucket with `cost` units more in it. */
export function filled(fill: Fill, rule: RateRule, cost: number): Fill {
  return { level: fill.level + cost * rule.perMs, at: fill.at };
}

/** What is left in a bucket as it is now, and how long to wait for `wanted` units, or for the next one. */
export function standing(fill: Fill, rule: RateRule, wanted: number): Standing {
  const free = rule.burst * rule.perMs - fill.level;
  const part = free % rule.perMs;
  const remaining = (free - part) / rule.perMs;
  const missing = wanted > remaining ? wanted * rule.perMs - free : rule.perMs - part;
  return { remaining, waitMs: fill.level === 0 ? 0 : ceilDiv(missing, rule.units) };
}

/** Milliseconds until nothing of a level is left. */
export function emptyInMs(level: number, rule: RateRule): number {
  return ceilDiv(level, rule.units);
}

function ceilDiv(dividend: number, divisor: number): number {
  const rest = dividend % divisor;
  return (dividend - rest) / divisor + (rest > 0 ? 1 : 0);
}
