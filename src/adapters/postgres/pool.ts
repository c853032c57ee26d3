import postgres, { type Sql } from "postgres";
import { assert } from "../../errors.ts";
import { readJson } from "../../money/json.ts";
import { arrayTypes } from "./array_types.ts";
import { renewing } from "./renewing.ts";

/** The two ways into the store; 0001_core.sql says what each may see. */
export interface Pools {
  /** HTTP requests: row-level security applies, one company per transaction. */
  readonly requests: Sql;
  /** The shard's commits and reads: every company. */
  readonly shard: Sql;
  /** Lets running statements end, for up to five seconds, then closes. */
  close(): Promise<void>;
}

/** Connections of each of the two pools: enough that requests never wait for commits. */
const poolConnections = 16;
/** Of processes that share a machine each gets its part, but never fewer. */
const poolConnectionsMin = 3;
/** While the server is away requests are to be refused soon, and it is to be found again soon. */
const connectTimeoutS = 5;
const reconnectAfterS = (attempts: number): number => Math.min(0.5, 0.05 * attempts);
/**
 * A process that hangs within a transaction must not hold a partition's row from its next owner, who gives up where it
 * is not answered; and transactions that wait for each other's rows end one after the other. It sends its statements
 * without a pause, and one that is ended in between is decided again.
 */
const idleInTransactionMs = 5_000;

/**
 * Opens the pools; connections follow when needed. Call after `migrate`, which makes the roles.
 *
 * @param url `postgres://…` of a user that is a member of both roles, or a superuser
 * @param sharers processes on this machine that open pools like these
 */
export function openPools(url: string, sharers = 1): Pools {
  const connections = Math.max(poolConnectionsMin, Math.ceil(poolConnections / sharers));
  const requests = connect(url, { role: "billai_request", connections });
  const shard = connect(url, { role: "billai_shard", connections });
  return {
    requests,
    shard,
    async close() {
      await Promise.all([requests.end({ timeout: 5 }), shard.end({ timeout: 5 })]);
    },
  };
}

/**
 * Connects to Postgres with our reading of its types: bigint becomes a number, which instants, counters and offsets
 * always fit; numeric stays text; JSON keeps all digits of its numbers.
 *
 * Do not `reserve` its connections: as it does not ask for types, the driver never hands out a new one.
 *
 * @param options.role sessions act as this role from the beginning; null: as the user of the URL
 */
export function connect(
  url: string,
  options: { readonly role: string | null; readonly connections: number },
): Sql {
  return renewing((closed) => open(url, options, closed));
}

function open(
  url: string,
  options: { readonly role: string | null; readonly connections: number },
  closed: () => void,
): Sql {
  return postgres(url, {
    max: options.connections,
    max_lifetime: null, // a connection that closes is a lost one
    onclose: closed,
    connect_timeout: connectTimeoutS,
    backoff: reconnectAfterS,
    onnotice: () => {},
    fetch_types: false, // array_types.ts says why
    types: {
      ...arrayTypes(safeInteger),
      bigint: { to: 20, from: [20], serialize: String, parse: safeInteger },
      json: { to: 114, from: [114, 3802], serialize: JSON.stringify, parse: readJson },
    },
    connection: {
      application_name: `billai ${options.role ?? ""}`.trim(),
      idle_in_transaction_session_timeout: idleInTransactionMs,
      ...(options.role !== null && { role: options.role }),
    },
  }) as Sql;
}

function safeInteger(text: string): number {
  const value = Number(text);
  assert(Number.isSafeInteger(value), `bigint ${text} does not fit a number`);
  return value;
}
