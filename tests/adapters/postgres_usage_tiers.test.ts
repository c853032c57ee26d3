import { test } from "bun:test";
import { postgresShardStore } from "../../src/adapters/postgres/shard_store.ts";
import { postgresUsageFeed } from "../../src/adapters/postgres/usage/feed.ts";
import { postgresUsageTotals } from "../../src/adapters/postgres/usage/totals.ts";
import { company, otherCompany } from "../contracts/shard_batches.ts";
import { shardStoreContract } from "../contracts/shard_store.ts";
import { usageFeedContract } from "../contracts/usage_feed.ts";
import { usageTotalsContract } from "../contracts/usage_totals.ts";
import { openTestPostgres } from "../postgres.ts";
import { usageServers } from "../usage_servers.ts";
import { contentsOf } from "./postgres_contents.ts";

for (const [tier, address] of usageServers) {
  if (address === null) {
    const wanted = "name one in BILLAI_TEST_TIMESCALE_URLS";
    test.skip(`unproven: usage in tier ${tier}, for want of such a server; ${wanted}`, () => {});
    continue;
  }
  const open = async () => {
    const postgres = await openTestPostgres(address);
    await postgres.owner`
      insert into companies (id, name, created_at, updated_at)
      select id, id, 0, 0 from unnest(${[company, otherCompany]}::text[]) as id`;
    return postgres;
  };
  shardStoreContract(`the shard store in Postgres, tier ${tier}`, async () => {
    const { owner, shard, close } = await open();
    return { store: postgresShardStore(shard), contents: () => contentsOf(owner), close };
  });
  usageFeedContract(`the feed of analytics in Postgres, tier ${tier}`, async () => {
    const { shard, close } = await open();
    return { store: postgresShardStore(shard), feed: postgresUsageFeed(shard), close };
  });
  usageTotalsContract(`totals of usage in Postgres, tier ${tier}`, async () => {
    const postgres = await open();
    return {
      store: postgresShardStore(postgres.shard),
      totals: postgresUsageTotals(postgres, postgres.url, tier),
      close: postgres.close,
    };
  });
}
