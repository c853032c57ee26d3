import type { UsageTier } from "../src/adapters/postgres/usage/tier.ts";
import { openTestPostgres } from "./postgres.ts";

/** Servers with TimescaleDB, commas between. Its licence is the server's, so each is one tier. */
const given = process.env.BILLAI_TEST_TIMESCALE_URLS?.split(",") ?? [];

/** For each tier the address of a server, as `openTestPostgres` takes it; null where there is none. */
export const usageServers: readonly (readonly [UsageTier, string | null])[] = await findServers();

async function findServers(): Promise<[UsageTier, string | null][]> {
  const found = new Map<UsageTier, string>();
  for (const address of [process.env.DATABASE_URL ?? "", ...given]) {
    await using postgres = await openTestPostgres(address);
    if (!found.has(postgres.usageTier)) found.set(postgres.usageTier, address);
  }
  return (["none", "apache", "tsl"] as const).map((tier) => [tier, found.get(tier) ?? null]);
}
