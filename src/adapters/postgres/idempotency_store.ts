import type { Sql } from "postgres";
import type { IdempotencyStore } from "../../ports/idempotency_store.ts";
import type { StoredAnswer } from "../../ports/stored_rows.ts";
import { asCompany } from "./as_company.ts";
import { keepAnswers } from "./commit_rows.ts";
import { onStore } from "./store_errors.ts";

interface AnswerRecord {
  company_id: string;
  key: string;
  method: string;
  path: string;
  request_hash: string;
  status: number;
  body: string;
  created_at: number;
}

/** Kept answers in Postgres. @param requests a pool of billai_request @param shard one of billai_shard, which sees all */
export function postgresIdempotencyStore(requests: Sql, shard: Sql): IdempotencyStore {
  return {
    find: (companyId, key, notBefore) =>
      asCompany(requests, companyId, async (tx) => {
        const [row] = await tx<AnswerRecord[]>`select * from idempotency_keys where key = ${key}`;
        if (row === undefined) return null;
        const answer = answerOf(row);
        if (answer.createdAt >= notBefore) return answer;
        await tx`delete from idempotency_keys where key = ${key} and created_at < ${notBefore}`;
        return null;
      }),
    put: (answer) =>
      asCompany(requests, answer.companyId, async (tx) => (await keepAnswers(tx, [answer])).length === 0),
    removeBefore: (instant) =>
      onStore(async () => (await shard`delete from idempotency_keys where created_at < ${instant}`).count),
  };
}

function answerOf(row: AnswerRecord): StoredAnswer {
  return {
    companyId: row.company_id,
    key: row.key,
    method: row.method,
    path: row.path,
    requestHash: row.request_hash,
    status: row.status,
    body: row.body,
    createdAt: row.created_at,
  };
}
