import type { TransactionSql } from "postgres";
import { BillingError } from "../../errors.ts";
import type { StoredAnswer } from "../../ports/stored_rows.ts";
import { keepAnswers } from "./commit_rows.ts";

/** Keeps a request's answer in the transaction of its effect. Throws REQ_006 where another request holds the key. */
export async function keepAnswer(tx: TransactionSql, answer: StoredAnswer | null): Promise<void> {
  if (answer === null) return;
  const taken = await keepAnswers(tx, [answer]);
  if (taken.length > 0)
    throw new BillingError("REQ_006", "The same Idempotency-Key is in flight", { retryAfterS: 1 });
}
