import { test } from "bun:test";
import { usageAnalyticsContract } from "../contracts/usage_analytics.ts";
import { usageAnalyticsEdges } from "../contracts/usage_analytics_edges.ts";
import { analyticsEngines } from "./clickhouse_fixture.ts";

for (const { name, analytics } of analyticsEngines) {
  const why = name === "chDB" ? "its package is not installed" : "CLICKHOUSE_URL is not set";
  if (analytics === null) test.skip(`unproven: analytics in ${name}, for ${why}`, () => {});
  else {
    usageAnalyticsContract(`analytics in ${name}`, analytics);
    usageAnalyticsEdges(`analytics in ${name}, of the odd`, analytics);
  }
}
