import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openChdb, openClickHouse } from "../../src/adapters/clickhouse/open.ts";
import type { UsageAnalytics } from "../../src/ports/usage_analytics.ts";

/** The one chDB of this process, which can have only one; null where its package is not installed. */
function openTestChdb(): UsageAnalytics | null {
  const folder = mkdtempSync(join(tmpdir(), "billai-chdb-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  return openChdb(folder);
}

/** Engines by name, and how to open each; null where it cannot be had here. */
export const analyticsEngines: readonly {
  readonly name: string;
  readonly analytics: UsageAnalytics | null;
}[] = [
  { name: "chDB", analytics: openTestChdb() },
  {
    name: "ClickHouse",
    analytics: process.env.CLICKHOUSE_URL === undefined ? null : openClickHouse(process.env.CLICKHOUSE_URL),
  },
];
