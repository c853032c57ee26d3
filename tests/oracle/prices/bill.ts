import { type Fraction, fraction, minus, plus, several, smaller, sum, times, zero } from "../fraction.ts";
import type { Matrix, MeteredCase, OracleEvent } from "./case.ts";
import { passes } from "./filters.ts";
import { isByEvent, oraclePercentage } from "./percentage.ts";
import { oracleQuantity, type Stretch } from "./quantity.ts";
import { type OracleTierCharge, oracleRate, transformed } from "./rating.ts";
import { windowBounds, windowName } from "./windows.ts";

/** How much falls in a cell, counted from 0 with the default last, and what that costs. */
export interface OracleCellCharge {
  readonly index: number;
  readonly quantity: Fraction;
  readonly amount: Fraction;
}

/** What some events cost, and of what that is made up. */
export interface OracleBill {
  readonly quantity: Fraction;
  readonly amount: Fraction;
  readonly tiers: readonly OracleTierCharge[];
  readonly cells: readonly OracleCellCharge[];
}

const nothing: OracleBill = { quantity: zero, amount: zero, tiers: [], cells: [] };

/** What becomes of an event: it counts, it passes by, or it is an error since what is metered is missing. */
export function fate(drawn: MeteredCase, event: OracleEvent): "counts" | "passes by" | "error" {
  const { price, metric } = drawn;
  if (!passes(event, metric.filters) || !passes(event, price.filters)) return "passes by";
  if (metric.kind !== "count" && event.value === null) return "error";
  if (price.model === "dynamic" && event.fee === null) return "error";
  const isText = metric.kind === "unique" || metric.kind === "unique with operations";
  return price.model === "percentage" && isByEvent(price) && isText ? "error" : "counts";
}

/** The bill of events that count, in the order they came in. */
export function oracleBill(drawn: MeteredCase, events: readonly OracleEvent[]): OracleBill {
  const { price, span } = drawn;
  const { window } = price;
  if (window === undefined) return priced(drawn, drawn.before, events, span);
  const groups = Map.groupBy(events, (event) => windowName(window, span.timezone, event.at));
  const bills = [...groups.values()].map((group) => {
    const [start, end] = windowBounds(window, span.timezone, group[0]?.at ?? 0);
    const stretch = {
      start: Math.max(start, span.start),
      end: Math.min(end, span.end),
      wholeMs: end - start,
    };
    return priced(drawn, [], group, stretch); // a window starts from nothing
  });
  const [only] = bills;
  return only !== undefined && bills.length === 1 ? only : bills.reduce(together, nothing);
}

function priced(
  drawn: MeteredCase,
  before: readonly OracleEvent[],
  events: readonly OracleEvent[],
  stretch: Stretch,
): OracleBill {
  const { price, metric } = drawn;
  if (price.model === "matrix") return pricedByCell(drawn, price, before, events, stretch);
  const quantity = oracleQuantity(metric, before, events, stretch);
  const plain = { quantity, tiers: [], cells: [] };
  if (price.model === "percentage") {
    return { ...plain, amount: oraclePercentage(price, metric, quantity, events) };
  }
  if (price.model === "dynamic") {
    const fees = events.map((event) => several(fraction(event.fee ?? ""), event.times));
    return { ...plain, amount: sum(fees) };
  }
  return { ...plain, ...oracleRate(price, quantity) };
}

/** Deals the events out to the cells and lets these use up the included units, one after the other. */
function pricedByCell(
  { price: { unit_transform, included_units }, metric }: MeteredCase,
  matrix: Matrix,
  before: readonly OracleEvent[],
  events: readonly OracleEvent[],
  stretch: Stretch,
): OracleBill {
  const cellOf = (event: OracleEvent) => {
    const index = matrix.cells.findIndex(({ match }) =>
      matrix.dimensions.every((field) => String(event.traits[field]) === String(match[field])),
    );
    return index < 0 ? matrix.cells.length : index;
  };
  const rates = [...matrix.cells.map((cell) => cell.unit_amount), matrix.default_unit_amount ?? "0"];
  let included = fraction(included_units ?? "0");
  let quantity = zero;
  const cells: OracleCellCharge[] = [];
  for (const [index, rate] of rates.entries()) {
    const isHere = (event: OracleEvent) => cellOf(event) === index;
    const [earlier, here] = [before.filter(isHere), events.filter(isHere)];
    if (earlier.length + here.length === 0) continue;
    const own = oracleQuantity(metric, earlier, here, stretch);
    quantity = plus(quantity, own);
    const units = transformed(unit_transform, own);
    const free = smaller(units, included);
    included = minus(included, free);
    cells.push({ index, quantity: minus(units, free), amount: times(minus(units, free), fraction(rate)) });
  }
  return { quantity, amount: sum(cells.map((cell) => cell.amount)), tiers: [], cells };
}

function together(a: OracleBill, b: OracleBill): OracleBill {
  return {
    quantity: plus(a.quantity, b.quantity),
    amount: plus(a.amount, b.amount),
    tiers: joined(a.tiers, b.tiers),
    cells: joined(a.cells, b.cells),
  };
}

/** Parts of the same tier or cell as one, in the order of the price. */
function joined<P extends OracleTierCharge>(a: readonly P[], b: readonly P[]): P[] {
  const parts = Map.groupBy([...a, ...b], (part) => part.index);
  const sums = [...parts.values()].flatMap((same) =>
    same.slice(0, 1).map((first) => ({
      ...first,
      quantity: sum(same.map((part) => part.quantity)),
      amount: sum(same.map((part) => part.amount)),
    })),
  );
  return sums.sort((x, y) => x.index - y.index);
}
