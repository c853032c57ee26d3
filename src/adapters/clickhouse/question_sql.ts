import { assert } from "../../errors.ts";
import type { Filter } from "../../filter.ts";
import { limits } from "../../limits.ts";
import type { Grouping, UsageQuestion } from "../../metering/usage_question.ts";
import { decimal, formatDecimal, fromInteger, mul, sign } from "../../money/decimal.ts";
import { decimalOf } from "../../money/json.ts";
import { roundTo } from "../../money/money.ts";
import { canonicalText } from "../../scalar.ts";

/** A query and what is filled into it: never a text of a client's in the query itself. */
export interface Sql {
  readonly text: string;
  readonly params: Readonly<Record<string, unknown>>;
}

const number = "numbers[{field:String}]";
const wide = `toDecimal256(${number}, 12)`;
const hundred = fromInteger(100);

/** The cells of a question: `start` of the window, `groups`, `events`, the value as `n`, for an average of `d` values. */
export function cellsSql(question: UsageQuestion): Sql {
  const params: Record<string, unknown> = { company: question.companyId };
  const where = conditions(question, params);
  const [first = 0] = question.boundaries;
  const last = question.boundaries.at(-1) ?? 0;
  Object.assign(params, { from: first, to: last, limit: limits.reportCellsMax + 1 });
  const starts = question.boundaries.slice(0, -1);
  if (starts.length > 1) params.starts = starts;
  const start = starts.length > 1 ? "roundDown(occurred_at, {starts:Array(Int64)})" : "{from:Int64}";
  const groups = question.groupBy.map((grouping, i) => groupText(grouping, i, params));
  const text = `
    select ${start} as start,
      [${groups.map((_, i) => `toNullable(group_${i})`).join(", ")}]::Array(Nullable(String)) as groups,
      count() as events, ${aggregated(question, params)}
    from usage final
    where company_id = {company:String} and occurred_at >= {from:Int64} and occurred_at < {to:Int64}
      ${where.map((condition) => `and (${condition})`).join("\n      ")}
    group by ${["start", ...groups.map((group, i) => `${group} as group_${i}`)].join(", ")}
    limit {limit:UInt64}`;
  return { text, params };
}

/**
 * How many events there are with a number that this engine cannot hold in a field the question compares; null where it
 * compares none. In the field it aggregates such a number counts for nothing: see `meteredValue`.
 */
export function beyondSql(question: UsageQuestion): Sql | null {
  const compared = question.filters.filter(({ op }) => ["gt", "gte", "lt", "lte"].includes(op));
  const fields = compared.map(({ field }) => field);
  if (fields.length === 0) return null;
  return {
    text: `
      select count() as events from usage final
      where company_id = {company:String} and occurred_at >= {from:Int64} and occurred_at < {to:Int64}
        and hasAny(beyond, {fields:Array(String)})`,
    params: {
      company: question.companyId,
      from: question.boundaries[0] ?? 0,
      to: question.boundaries.at(-1) ?? 0,
      fields,
    },
  };
}

function conditions(question: UsageQuestion, params: Record<string, unknown>): string[] {
  const where: string[] = [];
  const among = (column: string, name: string, values: readonly string[] | null): void => {
    if (values === null) return;
    params[name] = values;
    where.push(`${column} in {${name}:Array(String)}`);
  };
  among("customer_id", "customers", question.customerIds);
  among("subscription_id", "subscriptions", question.subscriptionIds);
  among("event_type", "types", question.eventTypes);
  for (const [i, filter] of question.filters.entries()) where.push(filterSql(filter, i, params));
  const { field, aggregation, textFields } = question;
  if (field !== null) {
    params.field = field;
    where.push(
      aggregation === "unique"
        ? "mapContains(texts, {field:String}) and not has(long, {field:String})"
        : "mapContains(numbers, {field:String})",
    );
  }
  if (textFields.length > 0) {
    params.textFields = textFields;
    where.push(
      "not hasAny(folders, {textFields:Array(String)}) and not hasAny(long, {textFields:Array(String)})",
    );
  }
  return where;
}

/** As `matches` of src/metering/filter.ts. */
function filterSql({ field, op, values = [] }: Filter, i: number, params: Record<string, unknown>): string {
  const [name, value] = [`f${i}`, `v${i}`];
  params[name] = field;
  const given = `{${name}:String}`;
  const has = `mapContains(texts, ${given})`;
  switch (op) {
    case "eq":
    case "in":
      params[value] = values.map((one) => canonicalText(one)).filter((text) => text !== null);
      return `${has} and has({${value}:Array(String)}, texts[${given}])`;
    case "neq":
    case "nin":
      params[value] = values.map((one) => canonicalText(one)).filter((text) => text !== null);
      return `not (${has} and has({${value}:Array(String)}, texts[${given}]))`;
    case "exists": {
      const exists = `(${has} or has(folders, ${given}))`;
      return (values[0] ?? true) === true ? exists : `not ${exists}`;
    }
    default: {
      const bound = decimalOf(values[0]);
      assert(bound !== null, "a filter of order has a number");
      // Numbers have 12 decimals at most: none is between a finer bound and the next of them.
      const lower = op === "gt" || op === "lte";
      params[value] = formatDecimal(roundTo(bound, 12, lower === sign(bound) >= 0 ? "down" : "up"));
      const compared = { gt: ">", gte: ">=", lt: "<", lte: "<=" }[op];
      return `mapContains(numbers, ${given}) and toDecimal256(numbers[${given}], 12) ${compared} toDecimal256({${value}:String}, 12)`;
    }
  }
}

function groupText(grouping: Grouping, i: number, params: Record<string, unknown>): string {
  if (grouping.by !== "property")
    return `${grouping.by === "event_type" ? "event_type" : `${grouping.by}_id`}`;
  params[`g${i}`] = grouping.field;
  const text = `texts[{g${i}:String}]`;
  // Almost every event has it: whether it is there is asked only where the text is empty.
  return `multiIf(${text} != '', ${text}, mapContains(texts, {g${i}:String}), '', null)`;
}

function aggregated({ aggregation, percentile }: UsageQuestion, params: Record<string, unknown>): string {
  switch (aggregation) {
    case "count":
      return "toString(count()) as n";
    case "sum":
      return `toString(sum(${wide})) as n`;
    case "average":
      return `toString(sum(${wide})) as n, toString(count()) as d`;
    case "max":
    case "min":
      return `toString(${aggregation}(${number})) as n`;
    case "latest":
      // Of two customers' at one instant, with one number, the first customer's: the order `ReportRows` gives them in.
      return `toString(argMin(${number}, (-occurred_at, -toInt64(seq), customer_id))) as n`;
    case "unique":
      return "toString(uniqExact(texts[{field:String}])) as n";
    case "percentile": {
      // The ceil(p / 100 * n)-th smallest, in whole numbers: p is share / whole.
      const p = mul(decimal(percentile ?? "100"), decimal("1000000000000"));
      params.share = formatDecimal(p);
      params.whole = formatDecimal(mul(hundred, decimal("1000000000000")));
      const rank =
        "intDiv(toUInt128(count()) * toUInt128({share:String}) + toUInt128({whole:String}) - 1, toUInt128({whole:String}))";
      return `toString(arraySort(groupArray(${number}))[toUInt64(greatest(${rank}, 1))]) as n`;
    }
    case "weighted_sum":
      return assert(false, "a weighted sum is worked out from the events") as never;
  }
}
