import type { Metric } from "../metering/metric.ts";
import type { Price } from "../pricing/price.ts";

/** What is wrong with a field, in words that follow "field 'x'". */
interface Fault {
  readonly field: "window" | "metric_id";
  readonly reason: string;
}

/** Why a price does not go with its metric; null where it does. */
export function priceFault({ window, terms }: Price, metric: Metric): Fault | null {
  if (window !== null && metric.carry_over === true) {
    return {
      field: "window",
      reason: "does not go with a metric that carries over: a window starts from nothing",
    };
  }
  const { aggregation } = metric;
  if (terms.model === "percentage" && terms.byEvent && aggregation !== "sum" && aggregation !== "count") {
    const reason = `must name a sum or a count, not '${aggregation}', where events are free or limited one by one`;
    return { field: "metric_id", reason };
  }
  return null;
}
