import { type Static, Type } from "@sinclair/typebox";
import { type TypeCheck, TypeCompiler } from "@sinclair/typebox/compiler";
import { invalid } from "../../../src/errors.ts";
import { checkFilters, type Filter, Filters } from "../../../src/filter.ts";
import { limits } from "../../../src/limits.ts";
import { checkMetric, type Metric, type MetricInput } from "../../../src/metering/metric.ts";
import type { Grouping, UsageQuestion } from "../../../src/metering/usage_question.ts";
import { DecimalText } from "../../../src/money/decimal_schema.ts";
import { readJson } from "../../../src/money/json.ts";
import { formatExact } from "../../../src/money/ratio.ts";
import { OneOf, Text } from "../../../src/text.ts";
import { isTimezone, windowBoundaries } from "../../../src/time/calendar.ts";
import { formatInstant } from "../../../src/time/instant.ts";
import { type Report, windowOf } from "../../reports/report.ts";
import type { Services } from "../../services.ts";
import { existing } from "../documents.ts";
import { instantField } from "../fields.ts";
import { type Context, type Route, route } from "../route.ts";

const list = (description: string) => Type.Optional(Type.String({ maxLength: 4000, description }));

const AggregateQuery = Type.Object(
  {
    from: Type.String({ description: "RFC 3339; the first instant" }),
    to: Type.String({ description: "RFC 3339; the first instant after" }),
    metric: Type.Optional(Text(255)),
    event_type: Type.Optional(Text(255)),
    aggregation: Type.Optional(
      OneOf(["count", "sum", "max", "min", "unique", "latest", "average", "weighted_sum", "percentile"]),
    ),
    field: Type.Optional(Text(255)),
    percentile: Type.Optional(DecimalText("positive", "Up to 100, by nearest rank; for `percentile` only")),
    customer_id: list("Ids or external ids, commas between"),
    subscription_id: list("Ids or external ids, commas between"),
    filters: Type.Optional(
      Type.String({ maxLength: 8000, description: "JSON: a list of filters as metrics have them" }),
    ),
    group_by: list("`customer_id`, `subscription_id`, `event_type` or properties, commas between"),
    window: Type.Optional(OneOf(["minute", "hour", "day", "week", "month"])),
    timezone: Type.Optional(Text(64)),
    order: Type.Optional(OneOf(["time", "value"])),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: limits.reportRowsMax })),
  },
  { additionalProperties: false },
);
type Query = Static<typeof AggregateQuery>;
type Asked = Pick<Context<unknown, Query, object>, "principal" | "query">;

/** Compiled for the first question: a start has other things to do. */
let filtersCheck: TypeCheck<typeof Filters> | null = null;

/** `GET /usage/aggregate`: usage summed up by customer, property and window of time. */
export function aggregateRoute(services: Services): Route {
  return route({
    method: "GET",
    path: "/api/v1/usage/aggregate",
    service: "usage",
    auth: { scopes: ["usage:read"] },
    summary: "Sum usage up",
    description:
      "Counts usage by a `metric`, or by `event_type`, `aggregation` and `field`. Windows begin and end by the clocks of " +
      "`timezone`, the company's where it is not given; without `window` there is one. `order=value` puts the greatest " +
      "first. `source` tells whether analytics or the store has answered: the numbers are the same, as of `as_of`. " +
      "Properties named like a grouping of ours are reached as `properties.customer_id`. Windows and groups without " +
      "usage are not listed; a metric that carries over counts here what each window saw itself.",
    query: AggregateQuery,
    example: {
      answer: {
        from: "2026-02-01T00:00:00Z",
        to: "2026-02-03T00:00:00Z",
        window: "day",
        timezone: "UTC",
        source: "analytics",
        as_of: "2026-02-03T10:00:00Z",
        has_more: false,
        rows: [
          {
            window_start: "2026-02-01T00:00:00Z",
            window_end: "2026-02-02T00:00:00Z",
            group: { customer_id: "cust_abc", model: "atlas-large" },
            value: "1250000",
            events: 312,
          },
        ],
      },
    },
    handler: async (ctx) => {
      const report = await reportOf(services, ctx);
      const { question, timezone } = report;
      const { rows, hasMore, source, asOf } = await services.usageReports.answer(report);
      return {
        payload: {
          from: formatInstant(question.boundaries[0] ?? 0),
          to: formatInstant(question.boundaries.at(-1) ?? 0),
          window: ctx.query.window ?? null,
          timezone,
          source,
          as_of: formatInstant(asOf),
          has_more: hasMore,
          rows: rows.map(({ window, group, value, events }) => {
            const { start, end } = windowOf(question, window);
            const names = question.groupBy.map(nameOf);
            return {
              window_start: formatInstant(start),
              window_end: formatInstant(end),
              group: Object.fromEntries(names.map((name, i) => [name, group[i] ?? null])),
              value: formatExact(value),
              events,
            };
          }),
        },
      };
    },
  });
}

async function reportOf(services: Services, ctx: Asked): Promise<Report> {
  const { companyId } = ctx.principal;
  const { query } = ctx;
  const company = await services.companies.current(companyId);
  const metric =
    query.metric === undefined ? occasional(query) : company?.catalog.currentMetric(query.metric);
  if (metric === null || metric === undefined) throw invalid("metric", "names no metric");
  if (query.metric !== undefined) {
    for (const name of ["event_type", "aggregation", "field", "percentile"] as const)
      if (query[name] !== undefined) throw invalid(name, "is the metric's");
  }
  const timezone = query.timezone ?? company?.settings.timezone ?? "UTC";
  if (!isTimezone(timezone)) throw invalid("timezone", "must be an IANA time zone such as Europe/Berlin");
  const filters = [...(metric.filters ?? []), ...filtersOf(query.filters)];
  const question: UsageQuestion = {
    companyId,
    customerIds: await customersOf(services, ctx),
    subscriptionIds: await subscriptionsOf(services, ctx),
    eventTypes: [metric.event_type],
    filters,
    aggregation: metric.aggregation,
    field: metric.field ?? null,
    percentile: metric.percentile === undefined ? null : String(metric.percentile),
    textFields: metric.group_by ?? [],
    groupBy: groupsOf(query.group_by),
    boundaries: boundariesOf(query, timezone),
  };
  const { order = "time", limit = limits.reportRowsDefault } = query;
  return { question, metric, timezone, order, limit };
}

/** The metric that the query describes. */
function occasional({ event_type, aggregation = "count", field, percentile }: Query): Metric {
  if (event_type === undefined) throw invalid("event_type", "is required where no metric is named");
  const input: MetricInput = {
    ...{ key: "report", name: "report", event_type, aggregation },
    ...(field === undefined ? {} : { field }),
    ...(percentile === undefined ? {} : { percentile }),
  };
  return { ...checkMetric(input), id: "report", version: 1 };
}

function boundariesOf({ from, to, window }: Query, timezone: string): readonly number[] {
  const [start, end] = [instantField("from", from), instantField("to", to)];
  if (start < 0) throw invalid("from", "must not be before 1970");
  if (end <= start) throw invalid("to", "must be after from");
  if (window === undefined) return [start, end];
  const boundaries = windowBoundaries({ start, end }, window, timezone, limits.reportWindowsMax);
  if (boundaries === null)
    throw invalid("window", `makes more than ${limits.reportWindowsMax} windows of this time`);
  return boundaries;
}

function filtersOf(text: string | undefined): readonly Filter[] {
  if (text === undefined) return [];
  let read: unknown;
  try {
    read = readJson(text);
  } catch {
    throw invalid("filters", "is not valid JSON");
  }
  filtersCheck ??= TypeCompiler.Compile(Filters);
  if (!filtersCheck.Check(read)) {
    const first = filtersCheck.Errors(read).First();
    throw invalid(
      "filters",
      `is no list of filters${first === undefined ? "" : `: ${first.path || "/"} is wrong`}`,
    );
  }
  return checkFilters(read);
}

function groupsOf(text: string | undefined): readonly Grouping[] {
  const names = split(text) ?? [];
  if (names.length > limits.reportGroupsMax)
    throw invalid("group_by", `must not name more than ${limits.reportGroupsMax}`);
  if (new Set(names).size < names.length) throw invalid("group_by", "must not name anything twice");
  return names.map((name): Grouping => {
    if (name === "customer_id" || name === "subscription_id")
      return { by: name === "customer_id" ? "customer" : "subscription" };
    if (name === "event_type") return { by: "event_type" };
    return {
      by: "property",
      field: name.startsWith("properties.") ? name.slice("properties.".length) : name,
    };
  });
}

function nameOf(grouping: Grouping): string {
  if (grouping.by === "property") {
    const ours = ["customer_id", "subscription_id", "event_type"].includes(grouping.field);
    return ours ? `properties.${grouping.field}` : grouping.field;
  }
  return grouping.by === "event_type" ? "event_type" : `${grouping.by}_id`;
}

async function customersOf(services: Services, ctx: Asked): Promise<readonly string[] | null> {
  const refs = refsOf("customer_id", ctx.query);
  if (refs === null) return null;
  const found = await services.refs.resolve(ctx.principal.companyId, refs);
  return refs.map((ref) => {
    const customer = found.get(ref);
    if (customer === undefined) throw invalid("customer_id", `names no customer '${ref}'`);
    return customer.id;
  });
}

async function subscriptionsOf(services: Services, ctx: Asked): Promise<readonly string[] | null> {
  const refs = refsOf("subscription_id", ctx.query);
  if (refs === null) return null;
  return Promise.all(refs.map(async (ref) => (await existing(services, ctx, "subscriptions", ref)).id));
}

/** The customers or subscriptions asked for; null for all. */
function refsOf(name: "customer_id" | "subscription_id", query: Query): readonly string[] | null {
  const refs = split(query[name]);
  if (refs !== null && refs.length > limits.reportRefsMax)
    throw invalid(name, `must not name more than ${limits.reportRefsMax}`);
  return refs;
}

function split(text: string | undefined): string[] | null {
  return text === undefined ? null : text.split(",").filter((part) => part !== "");
}
