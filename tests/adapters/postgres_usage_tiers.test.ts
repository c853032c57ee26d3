import { describe, expect, test } from "bun:test";
import { postgresShardStore } from "../../src/adapters/postgres/shard_store.ts";
import type { UsageTier } from "../../src/adapters/postgres/usage/tier.ts";
import { postgresUsageTotals } from "../../src/adapters/postgres/usage/totals.ts";
import { company, otherCompany } from "../contracts/shard_batches.ts";
import { usageTotalsContract } from "../contracts/usage_totals.ts";
import { openTestPostgres } from "../postgres.ts";

/** Servers with TimescaleDB, commas between. Its licence is the server's, so each is one tier. */
const given = process.env.BILLAI_TEST_TIMESCALE_URLS?.split(",") ?? [];
const tiers: readonly UsageTier[] = ["none", "apache", "tsl"];

/** An address of a server of each tier there is. */
async function findServers(): Promise<Map<UsageTier, string>> {
  const found = new Map<UsageTier, string>();
  for (const address of [process.env.DATABASE_URL ?? "", ...given]) {
    await using postgres = await openTestPostgres(address);
    if (!found.has(postgres.usageTier)) found.set(postgres.usageTier, address);
  }
  return found;
}

const servers = await findServers();

for (const tier of tiers) {
  const address = servers.get(tier);
  if (address === undefined) {
    test.skip(`unproven: usage in tier ${tier}, for want of such a server; name one in BILLAI_TEST_TIMESCALE_URLS`, () => {});
    continue;
  }
  usageTotalsContract(`totals of usage in Postgres, tier ${tier}`, async () => {
    const postgres = await openTestPostgres(address);
    await postgres.owner`
      insert into companies (id, name, created_at, updated_at)
      select id, id, 0, 0 from unnest(${[company, otherCompany]}::text[]) as id`;
    return {
      store: postgresShardStore(postgres.shard),
      totals: postgresUsageTotals(postgres, postgres.url, tier),
      close: postgres.close,
    };
  });
}

describe("the servers of these tests", () => {
  test("are of different tiers", () => {
    expect(servers.size).toBeGreaterThan(0);
  });
});
