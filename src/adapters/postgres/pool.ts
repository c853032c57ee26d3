import postgres, { type Sql } from "postgres";

/** The two ways into the database: policies show `requests` one company at a time, `shard` makes the commits. */
export interface Pools {
  readonly requests: Sql;
  readonly shard: Sql;
  /** Waits for what is under way, at most some seconds. */
  close(): Promise<void>;
}

/** Commits of as many partitions at once; more connections only queue inside Postgres. */
const SHARD_CONNECTIONS = 16;
const REQUEST_CONNECTIONS = 12;
const CLOSE_WAIT_S = 5;

/** Opens the pools, each taking its role in the very first message of a connection. */
export function openPools(url: string): Pools {
  const open = (role: string, max: number): Sql =>
    postgres(url, {
      max,
      connect_timeout: 5,
      idle_timeout: 0,
      onnotice: () => {},
      connection: { application_name: "billai", options: `-c role=${role}` },
    });
  const requests = open("billai_request", REQUEST_CONNECTIONS);
  const shard = open("billai_shard", SHARD_CONNECTIONS);
  return {
    requests,
    shard,
    close: async () => {
      await Promise.all([requests.end({ timeout: CLOSE_WAIT_S }), shard.end({ timeout: CLOSE_WAIT_S })]);
    },
  };
}
