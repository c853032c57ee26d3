import type { Sql, TransactionSql } from "postgres";
import { errorCode } from "./store_errors.ts";

/** Far longer than any transaction of ours takes, and as long as the server lets one stand idle. */
const transactionMsMax = 30_000;

/** The connection went, or may have gone, while a transaction was under way: what became of it is unknown. */
class ConnectionStuck extends Error {
  readonly code = "CONNECTION_STUCK";
}

/**
 * Runs work in one transaction, as `sql.begin` does, and outlives the loss of its connection.
 *
 * On a lost connection the driver would still send a rollback, which throws where nobody can catch it and ends the
 * process (github.com/porsager/postgres/issues/1208). So a work that failed for this reason is left pending: the
 * driver then rejects by itself. A statement sent just as the connection goes is never answered, hence the deadline.
 *
 * @param work must await nothing but its own statements: after a pause it could meet another connection
 */
export async function transaction<T>(sql: Sql, work: (tx: TransactionSql) => Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => reject(new ConnectionStuck("the transaction was not answered")),
    transactionMsMax,
  );
  try {
    const done = sql.begin(async (tx) => {
      try {
        return { value: await work(tx) };
      } catch (error) {
        if (isLost(error)) return new Promise<never>(() => {});
        throw error;
      }
    });
    const { value } = await Promise.race([done, late]);
    return value as T;
  } finally {
    clearTimeout(timer);
  }
}

/** Whether the connection is gone, by the driver's word or the server's: it closes one after a fatal error. */
function isLost(error: unknown): boolean {
  if (error instanceof Error && "severity" in error && /^(FATAL|PANIC)$/.test(String(error.severity)))
    return true;
  return /^(CONNECTION_|ECONN|EPIPE)/.test(errorCode(error) ?? "");
}
