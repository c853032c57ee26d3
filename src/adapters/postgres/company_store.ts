import type { Sql } from "postgres";
import type { Company, CompanyStore } from "../../ports/company_store.ts";
import { keepAnswer } from "./answers.ts";
import { saveUser } from "./auth_store.ts";
import { pageClause } from "./pages.ts";
import { onStore } from "./store_errors.ts";
import { transaction } from "./transaction.ts";

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
    create: (company, answer, admin) =>
      onStore(async () => {
        await transaction(sql, async (tx) => {
          await tx`
            insert into companies (id, name, settings, created_at, updated_at)
            values (${company.id}, ${company.name}, ${JSON.stringify(company.settings)}::text::jsonb,
              ${company.created_at}, ${company.updated_at})`;
          if (admin !== undefined) await saveUser(tx, admin);
          await keepAnswer(tx, answer);
        });
      }),
    get: (companyId) =>
      onStore(async () => {
        const [row] = await sql<CompanyRecord[]>`select * from companies where id = ${companyId}`;
        return row === undefined ? null : companyOf(row);
      }),
    list: ({ filters = {}, created = {}, ...page }) =>
      onStore(async () => {
        const clause = pageClause(
          sql,
          { ...page, filters, created },
          "created_at",
          (field) => sql`${sql(field)}`,
          "oldest",
        );
        return (await sql<CompanyRecord[]>`select * from companies where ${clause}`).map(companyOf);
      }),
    update: ({ id, name, settings, updated_at }, answer) =>
      onStore(async () => {
        await transaction(sql, async (tx) => {
          await tx`
            update companies set name = ${name}, settings = settings || ${JSON.stringify(settings)}::text::jsonb,
              catalog_version = catalog_version + 1, updated_at = ${updated_at}
            where id = ${id}`;
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
