import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { openPools } from "../../src/adapters/postgres/pool.ts";
import { postgresShardStore } from "../../src/adapters/postgres/shard_store.ts";
import { batchOf } from "../contracts/shard_batches.ts";
import { openTestPostgres, type TestPostgres } from "../postgres.ts";

describe("the shard store without its database", () => {
  let postgres: TestPostgres;

  beforeAll(async () => {
    postgres = await openTestPostgres();
  }, 60_000);
  afterAll(() => postgres.close(), 60_000); // the driver waits for its lost connection

  test("answers DEP_001 where nothing answers", async () => {
    const listener = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
    listener.stop(true);
    const pools = openPools(`postgres://127.0.0.1:${listener.port}/x`);
    await expect(postgresShardStore(pools.shard).readCursor(0)).rejects.toMatchObject({ code: "DEP_001" });
    await pools.close();
  });

  test("answers DEP_001 where the connection is lost in mid-commit, and goes on after that", async () => {
    const store = postgresShardStore(postgres.shard);
    const [cursor = expect.unreachable("not claimed")] = await store.claimPartitions([0]);
    const { promise: lost, resolve: release } = Promise.withResolvers<void>();
    const { promise: locked, resolve: hold } = Promise.withResolvers<void>();
    const holder = postgres.owner.begin(async (tx) => {
      await tx`select from partitions where id = 0 for update`;
      hold();
      await lost;
    });
    await locked;
    const commit = store.commit(batchOf(cursor)).catch((error: unknown) => error);
    const terminate = () => postgres.owner`
      select pg_terminate_backend(pid) from pg_stat_activity
      where wait_event_type = 'Lock' and datname = current_database()`;
    while ((await terminate()).count === 0) await Bun.sleep(5);
    release();
    await holder;
    expect(await commit).toMatchObject({ code: "DEP_001" });
    expect(await store.readCursor(0)).toEqual(cursor);
    expect((await store.commit(batchOf(cursor))).ok).toBe(true);
  });
});
