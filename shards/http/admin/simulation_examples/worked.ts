/** A worked request of the simulation and the amounts it answers. */
export interface Worked {
  readonly request: Readonly<Record<string, unknown>>;
  readonly answer: Readonly<Record<string, unknown>>;
}

type Line = readonly [type: string, quantity: string, unitAmount: string | null, amount: string];

export const february = {
  period_start: "2026-02-01T00:00:00Z",
  period_end: "2026-03-01T00:00:00Z",
} as const;

/** A request for a plan of these prices; the period is February 2026 unless it says otherwise. */
export function request(
  prices: readonly object[],
  more: { readonly currency?: string; readonly plan?: object; readonly [field: string]: unknown } = {},
): Worked["request"] {
  const { currency = "USD", plan = {}, ...fields } = more;
  return { ...february, plan: { currency, prices, ...plan }, ...fields };
}

/** The answer, told by its lines and what differs from their sum. */
export function answer(lines: readonly Line[], totals: Readonly<Record<string, string>>): Worked["answer"] {
  return {
    line_items: lines.map(([type, quantity, unit_amount, amount]) => ({
      type,
      quantity,
      unit_amount,
      amount,
    })),
    ...totals,
  };
}

/** A metric written out in a price; it counts events of the type `use`. */
export function metric(aggregation: string, more: object = {}): object {
  const field = aggregation === "count" || "expression" in more ? {} : { field: "value" };
  return { event_type: "use", aggregation, ...field, ...more };
}

/** An event of the type `use` with this value. */
export function use(value: unknown, more: object = {}): object {
  return { event_type: "use", value, ...more };
}

/** `count` equal events of the type `use`. */
export function uses(count: number | string, more: object = {}): object {
  return { event_type: "use", count, ...more };
}
