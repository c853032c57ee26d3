import type { Sql } from "postgres";
import { BillingError } from "../../errors.ts";
import type { ClockStore, TestClock } from "../../ports/clock_store.ts";
import { keepAnswer } from "./answers.ts";
import { asCompany } from "./as_company.ts";
import { pageClause } from "./pages.ts";
import { onStore } from "./store_errors.ts";

interface ClockRecord {
  company_id: string;
  id: string;
  name: string;
  now_at: string;
  target_at: string | null;
  created_at: string;
}

/** Test clocks in Postgres. @param requests a pool of billai_request @param shard one of billai_shard, which sees all */
export function postgresClockStore(requests: Sql, shard: Sql): ClockStore {
  return {
    create: (clock, answer) =>
      asCompany(requests, clock.company_id, async (tx) => {
        await tx`
          insert into test_clocks (company_id, id, name, now_at, created_at)
          values (${clock.company_id}, ${clock.id}, ${clock.name}, ${clock.now}, ${clock.created_at})`;
        await keepAnswer(tx, answer);
      }),
    get: (companyId, id) =>
      asCompany(requests, companyId, async (tx) => {
        const [row] = await tx<ClockRecord[]>`select * from test_clocks where id = ${id}`;
        return row === undefined ? null : clockOf(row);
      }),
    list: (companyId, page) =>
      asCompany(requests, companyId, async (tx) => {
        const rows = await tx<ClockRecord[]>`
          select * from test_clocks where ${pageClause(tx, page, "created_at", (field) => tx`${tx(field)}`)}`;
        return rows.map(clockOf);
      }),
    all: () => onStore(async () => (await shard<ClockRecord[]>`select * from test_clocks`).map(clockOf)),
    beginAdvance: (companyId, id, to) =>
      onStore(async () => {
        const begun = await shard`
          update test_clocks set target_at = ${to}
          where company_id = ${companyId} and id = ${id} and (target_at is null or target_at = ${to})`;
        if (begun.count === 0)
          throw new BillingError("RES_002", "The clock is being advanced to another instant");
      }),
    step: (companyId, id, now) =>
      onStore(async () => {
        await shard`
          update test_clocks set now_at = greatest(now_at, ${now}) where company_id = ${companyId} and id = ${id}`;
      }),
    finish: (companyId, id, now) =>
      onStore(async () => {
        await shard`
          update test_clocks set now_at = ${now}, target_at = null
          where company_id = ${companyId} and id = ${id} and target_at = ${now}`;
      }),
  };
}

function clockOf(row: ClockRecord): TestClock {
  return {
    id: row.id,
    company_id: row.company_id,
    name: row.name,
    now: Number(row.now_at),
    target: row.target_at === null ? null : Number(row.target_at),
    created_at: Number(row.created_at),
  };
}
