import type { Sql, TransactionSql } from "postgres";
import { limits } from "../../limits.ts";
import { onStore } from "./store_errors.ts";
import { transaction } from "./transaction.ts";

/** Runs work in one transaction that sees one company only: the policies of row-level security go by this setting. */
export function asCompany<T>(
  sql: Sql,
  companyId: string,
  work: (tx: TransactionSql) => Promise<T>,
): Promise<T> {
  const once = () =>
    transaction(sql, async (tx) => {
      const named = tx`select set_config('billai.company', ${companyId}, true)`.execute(); // sent before the work's own
      const [, value] = await Promise.all([named, work(tx)]);
      return value;
    });
  return onStore(once, limits.storeRequestMsMax);
}
