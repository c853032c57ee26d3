import type { Sql } from "postgres";
import { BillingError } from "../../errors.ts";
import { limits } from "../../limits.ts";
import { connect } from "./pool.ts";
import { errorCode, isAway } from "./store_errors.ts";

/**
 * Waits until a server answers, saying once that it is away and once that it is back.
 *
 * @returns the one connection it has answered on
 * @param url of a server that may be away, starting, or silent
 * Throws DEP_001 with one line where it stays away, VAL_001 where it is there and does not let us in.
 */
export async function awaitPostgres(
  url: string,
  say: (line: string) => void,
  waitMsMax: number,
): Promise<Sql> {
  const host = hostOf(url);
  const deadline = performance.now() + waitMsMax;
  for (let told = false; ; told = true) {
    const { sql, failure } = await reach(url);
    if (sql !== null) {
      if (told) say(`The database at ${host} is back`);
      return sql;
    }
    const reason = failure instanceof Error ? failure.message : String(failure);
    if (errorCode(failure) === "ERR_INVALID_URL") throw unusable("it is not an address");
    if (/^(28|3D|42)/.test(errorCode(failure) ?? ""))
      throw unusable(`the server at ${host} refuses us: ${reason}`);
    if (!isAway(failure)) throw failure;
    if (performance.now() >= deadline)
      throw new BillingError("DEP_001", `The database does not answer: ${reason}`);
    if (!told) say(`The database at ${host} is away (${reason}); trying again`);
    await Bun.sleep(limits.storeRetryMsMax / 4);
  }
}

/** A connection that answers, or why there is none. */
async function reach(url: string): Promise<{ sql: Sql; failure?: never } | { sql: null; failure: unknown }> {
  try {
    const sql = connect(url, { role: null, connections: 1 });
    try {
      await sql`select 1`;
      return { sql };
    } catch (error) {
      await sql.end({ timeout: 0 });
      throw error;
    }
  } catch (failure) {
    return { sql: null, failure };
  }
}

/** `host:port` of an address, several of them where it names several; never what it holds of a password. */
function hostOf(url: string): string {
  return /^\w+:\/\/(?:[^/?#]*@)?([^/?#]*)/.exec(url)?.[1] ?? "";
}

function unusable(why: string): BillingError {
  return new BillingError("VAL_001", `DATABASE_URL: ${why}`, { field: "DATABASE_URL" });
}
