import type { Sql } from "postgres";
import { onStore } from "../store_errors.ts";

/**
 * Where the books of this store have been kept so far. Accounts are here in any case, but transfers only where the
 * store is the engine. @param sql a pool of the role billai_shard
 */
export function whereBooksAre(sql: Sql): Promise<"here" | "elsewhere" | "not begun"> {
  return onStore(async () => {
    const [found] = await sql<{ posted: boolean; opened: boolean }[]>`
      select exists (select from ledger_transfers) as posted,
        exists (select from ledger_accounts) and not exists (select from ledger_refusals) as opened`;
    return found?.posted === true ? "here" : found?.opened === true ? "elsewhere" : "not begun";
  });
}
