import postgres, { type Sql } from "postgres";
import { BillingError } from "../../../errors.ts";
import { errorCode } from "../store_errors.ts";
import { database, superuser } from "./cluster.ts";
import type { Home } from "./home.ts";

/** "bill": the advisory lock every process shares that uses an embedded server. */
const inUse = 0x62696c6c;

/** One connection for as long as this process uses the server: others see by its lock that somebody does. */
export interface Keeper {
  /** Whether nobody else used the server when we came. */
  readonly alone: boolean;
  /** Gives our share up. @returns whether nobody else has one: it is ours to stop, and who comes waits for our end */
  isLast(): Promise<boolean>;
  end(): Promise<void>;
}

/** The address of a server for clients of this machine. */
export function urlOf(home: Home, port: number): string {
  return `postgres://${superuser}:${home.password}@127.0.0.1:${port}/${database}`;
}

/**
 * Connects and takes the shared lock; null while the server does not take connections. Throws DEP_001 where
 * somebody else answers.
 *
 * @param onLost told once when the connection goes without `end`: the server has ended, or sent us away
 */
export async function attend(home: Home, port: number, onLost: () => void): Promise<Keeper | null> {
  let attending = false;
  const sql = postgres(urlOf(home, port), {
    onclose: () => {
      if (attending) onLost();
      attending = false;
    },
    max: 1,
    max_lifetime: null, // the lock lives as long as the connection
    fetch_types: false,
    connect_timeout: 5,
    onnotice: () => {}, // a share that went with its connection
    connection: { application_name: "billai keeper" },
  });
  try {
    const [row] = await sql<{ cluster: string; alone: boolean }[]>`
      select current_setting('data_directory') as cluster, pg_advisory_lock_shared(${inUse}) is not null as shared,
        pg_try_advisory_lock(${inUse}) as alone`;
    if (row?.cluster !== home.cluster) throw stranger(home, port);
    if (row.alone) await sql`select pg_advisory_unlock(${inUse})`;
    attending = true;
    const end = (): Promise<void> => {
      attending = false;
      return sql.end({ timeout: 0 });
    };
    return { alone: row.alone, isLast: () => isLast(sql), end };
  } catch (error) {
    await sql.end({ timeout: 0 });
    if (error instanceof BillingError) throw error;
    if (/^28/.test(errorCode(error) ?? "")) throw stranger(home, port);
    return null;
  }
}

async function isLast(sql: Sql): Promise<boolean> {
  try {
    // Our share goes first: of two that leave at once, one sees the other still there, never both.
    const [row] = await sql<{ last: boolean }[]>`
      select pg_advisory_unlock_shared(${inUse}), pg_try_advisory_lock(${inUse}) as last`;
    return row?.last ?? true;
  } catch {
    return true; // the server has gone, or is going
  }
}

function stranger(home: Home, port: number): BillingError {
  return new BillingError(
    "DEP_001",
    `Port ${port} is answered by a Postgres that is not the one of ${home.cluster}`,
  );
}
