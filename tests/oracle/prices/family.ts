import type { Family, Table } from "../run.ts";
import { type Case, edges, type Kind, kinds, type MeteredCase, models } from "./case.ts";
import { difference } from "./compare.ts";
import { drawCase } from "./draw_case.ts";

function byEdge(): Table<Case> {
  return {
    title: "model",
    rows: models,
    columns: edges,
    exists: () => true,
    place: ({ model, edge }) => ({ row: model, columns: [edge] }),
  };
}

const modifiers = [
  "included_units",
  "unit_transform",
  "hour",
  "day",
  "week",
  "filters",
  "flat_at_zero",
] as const;

function byModifier(): Table<Case> {
  const tiered: readonly string[] = ["graduated", "volume", "stairstep", "graduated_percentage"];
  const unitless: readonly string[] = ["percentage", "dynamic"];
  return {
    title: "model",
    rows: models.filter((model) => model !== "flat"),
    columns: modifiers,
    exists: (model, modifier) => {
      if (modifier === "flat_at_zero") return tiered.includes(model);
      return !unitless.includes(model) || (modifier !== "included_units" && modifier !== "unit_transform");
    },
    place: ({ model, price }) => {
      const isThere = { ...price, flat_at_zero: "flat_at_zero" in price && price.flat_at_zero };
      const columns = modifiers.filter((name) =>
        name === "hour" || name === "day" || name === "week" ? price.window === name : isThere[name],
      );
      return { row: model === "flat" ? null : model, columns };
    },
  };
}

function byKind(): Table<Case> {
  const carry: readonly string[] = ["sum", "unique", "unique with operations", "latest", "weighted_sum"];
  return {
    title: "metric",
    rows: kinds,
    columns: ["cases", "rounding", "carry_over", "filters", "in windows", "several at once", "cut short"],
    exists: (kind, column) => column !== "carry_over" || carry.includes(kind),
    place: (drawn) => (drawn.metric === null ? { row: null, columns: [] } : metricPlace(drawn)),
  };
}

function metricPlace({ metric, price, events, cutAt }: MeteredCase): { row: Kind; columns: string[] } {
  const columns = {
    cases: true,
    rounding: metric.rounding !== undefined,
    carry_over: metric.carry_over === true,
    filters: metric.filters !== undefined,
    "in windows": price.window !== undefined,
    "several at once": events.some((event) => event.times > 1),
    "cut short": cutAt !== null,
  };
  return { row: metric.kind, columns: Object.entries(columns).flatMap(([name, is]) => (is ? [name] : [])) };
}

/** Usage at prices of every model, measured by metrics of every kind. */
export const prices: Family<Case> = {
  name: "price",
  draw: (random, index) => {
    const model = models[index % models.length] ?? "flat";
    const edge = edges[Math.floor(index / models.length) % edges.length] ?? "edge";
    return drawCase(random, model, edge);
  },
  difference: (drawn) => difference(drawn),
  simpler,
  tables: [byEdge(), byModifier(), byKind()],
};

/** The case without one event or one thing that need not be there. */
function simpler(drawn: Case): Case[] {
  if (drawn.metric === null) {
    return drawn.seats.length === 1 ? [] : drawn.seats.map((seats) => ({ ...drawn, seats: [seats] }));
  }
  const { events, before, metric, price, cutAt } = drawn;
  return [
    ...(cutAt === null ? [] : [{ ...drawn, cutAt: null }]),
    ...events.map((_, index) => ({ ...drawn, events: events.toSpliced(index, 1) })),
    ...before.map((_, index) => ({ ...drawn, before: before.toSpliced(index, 1) })),
    ...without(
      metric,
      before.length === 0 ? ["rounding", "filters", "carry_over"] : ["rounding", "filters"],
    ).map((metric) => ({ ...drawn, metric })),
    ...without(price, ["included_units", "unit_transform", "window", "filters"]).map((price) => ({
      ...drawn,
      price,
    })),
    ...events.flatMap((event, index) =>
      event.times === 1 ? [] : [{ ...drawn, events: events.with(index, { ...event, times: 1 }) }],
    ),
  ];
}

function without<T extends object>(whole: T, names: readonly (keyof T)[]): T[] {
  return names.filter((name) => whole[name] !== undefined).map((name) => ({ ...whole, [name]: undefined }));
}
