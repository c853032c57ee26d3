import type { Sql } from "postgres";
import type { Company, CompanyStore } from "../../ports/company_store.ts";
import { keepAnswer } from "./answers.ts";
import { onStore } from "./store_errors.ts";

interface CompanyRecord {
  id: string;
  name: string;
  settings: Company["settings"];
  catalog_version: string;
  created_at: string;
  updated_at: string;
}

/** Companies in Postgres. @param sql a pool of the role billai_shard: the operator sees them all */
export function postgresCompanyStore(sql: Sql): CompanyStore {
  return {
    create: (company, answer) =>
      onStore(async () => {
        await sql.begin(async (tx) => {
          await tx`
            insert into companies (id, name, settings, created_at, updated_at)
            values (${company.id}, ${company.name}, ${JSON.stringify(company.settings)}::text::jsonb,
              ${company.created_at}, ${company.updated_at})`;
          await keepAnswer(tx, answer);
        });
      }),
    get: (companyId) =>
      onStore(async () => {
        const [row] = await sql<CompanyRecord[]>`select * from companies where id = ${companyId}`;
        return row === undefined ? null : companyOf(row);
      }),
    list: ({ limit, after }) =>
      onStore(async () => {
        const rows = await sql<CompanyRecord[]>`
          select * from companies
          where ${after === null ? sql`true` : sql`(created_at, id) > (${after.createdAt}, ${after.id})`}
          order by created_at, id limit ${limit}`;
        return rows.map(companyOf);
      }),
    update: ({ id, name, settings, updated_at }, answer) =>
      onStore(async () => {
        await sql.begin(async (tx) => {
          await tx`
            update companies set name = ${name}, settings = ${JSON.stringify(settings)}::text::jsonb,
              updated_at = ${updated_at} where id = ${id}`;
          await keepAnswer(tx, answer);
        });
      }),
  };
}

function companyOf(row: CompanyRecord): Company {
  return {
    id: row.id,
    name: row.name,
    settings: row.settings,
    catalog_version: Number(row.catalog_version),
    created_at: Number(row.created_at),
    updated_at: Number(row.updated_at),
  };
}
