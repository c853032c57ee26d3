import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { TransactionSql } from "postgres";
import { connect } from "../../src/adapters/postgres/pool.ts";
import { errorCode } from "../../src/adapters/postgres/store_errors.ts";
import { openTestPostgres, type TestPostgres } from "../postgres.ts";

// Nothing here names a table but the exceptions: what a later migration adds is tried like the rest.

const ours = "co_ours";
const theirs = "co_theirs";

interface Relation {
  readonly name: string;
  readonly isView: boolean;
  readonly secured: boolean;
  readonly forced: boolean;
  /** The column that says whose a row is; null where rows are of no company. */
  readonly owner: string | null;
  readonly columns: readonly { readonly name: string; readonly type: string }[];
}

let postgres: TestPostgres;
let relations: readonly Relation[] = [];

beforeAll(async () => {
  postgres = await openTestPostgres();
  relations = await readRelations();
  await seed("companies");
  for (const { name, isView, owner } of relations) {
    if (!isView && owner === "company_id") await seed(name);
  }
}, 60_000);
afterAll(() => postgres.close());

async function readRelations(): Promise<Relation[]> {
  const rows = await postgres.owner<Relation[]>`
    select c.relname as name, c.relkind in ('v', 'm') as "isView",
      c.relrowsecurity as secured, c.relforcerowsecurity as forced,
      json_agg(json_build_object('name', a.attname, 'type', format_type(a.atttypid, null)) order by a.attnum)
        filter (where a.attgenerated = '' and a.attname <> 'voided_at') as columns -- what is voided is in no total
    from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'f', 'v', 'm')
      and not c.relispartition and c.relname <> 'usage_by_hour_aggregate' -- tried on their own
    group by c.oid order by c.relname`;
  return rows.map((row) => ({ ...row, owner: ownerColumn(row) }));
}

function ownerColumn({ name, columns }: Relation): string | null {
  if (name === "companies") return "id";
  return columns.some((column) => column.name === "company_id") ? "company_id" : null;
}

/** Writes one row of each company, the two different in everything that is text. */
async function seed(table: string): Promise<void> {
  for (const company of [ours, theirs]) await postgres.owner.unsafe(insertion(table, company));
}

function insertion(table: string, company: string): string {
  const { columns, owner } = relations.find(({ name }) => name === table) ?? expect.unreachable(table);
  const values = columns.map(({ name, type }) => (name === owner ? `'${company}'` : sample(type, company)));
  return `insert into ${table} (${columns.map(({ name }) => `"${name}"`).join()}) values (${values.join()})`;
}

function sample(type: string, company: string): string {
  if (/^(bigint|integer|smallint|numeric)$/.test(type)) return company === ours ? "1" : "2";
  if (/^jsonb?$/.test(type)) return "'{}'";
  if (type === "boolean") return "false";
  if (type === "uuid") return "gen_random_uuid()";
  if (type.endsWith("[]")) return "'{}'";
  if (type === "text") return `'of ${company}'`;
  return expect.unreachable(`a sample of ${type} is missing here`);
}

/** Runs a statement as a request does, and takes it back. @returns the rows it saw or changed, or its error's code */
async function asRequest(company: string | null, statement: string): Promise<number | string> {
  const undo = new Error("taken back");
  let found: number | string = "not run";
  const work = async (tx: TransactionSql): Promise<never> => {
    if (company !== null) await tx`select set_config('billai.company', ${company}, true)`;
    found = (await tx.unsafe(statement)).count;
    throw undo;
  };
  await postgres.requests.begin(work).catch((error: unknown) => {
    if (error !== undo) found = errorCode(error) ?? String(error);
    if (found === "55000") found = denied; // a view over groups of rows takes no changes from anybody
  });
  return found;
}

/** Refused by a policy or for want of a privilege. */
const denied = "42501";

describe("a request", () => {
  test("is no superuser, goes round no policy, owns nothing and can make nothing", async () => {
    for (const sql of [postgres.requests, postgres.shard]) {
      const [role] = await sql`
        select rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolcanlogin,
          has_schema_privilege('public', 'create') as creates,
          exists (select from pg_class where relowner = pg_roles.oid) as owns,
          exists (select from pg_auth_members where member = pg_roles.oid) as joined
        from pg_roles where rolname = current_user`;
      expect(Object.entries(role ?? { none: true }).filter(([, value]) => value !== false)).toEqual([]);
    }
  });

  test("has every company's row before it, so that these tests see something", async () => {
    for (const { name, owner, isView } of relations) {
      if (owner === null || isView) continue;
      const [row] = await postgres.owner.unsafe(`select count(distinct ${owner}) as companies from ${name}`);
      expect(`${name}: ${row?.companies}`).toBe(`${name}: 2`);
    }
  });

  test("sees the rows of its own company at most, and none without one", async () => {
    let readable = 0;
    for (const { name, owner } of relations) {
      if (owner === null) continue;
      const seen = await asRequest(ours, `select from ${name}`);
      if (seen === denied) continue;
      readable += 1;
      const others = await asRequest(ours, `select from ${name} where ${owner} <> '${ours}'`);
      expect(`${name}: ${seen} ${others}`).toBe(`${name}: 1 0`);
      const companies = [null, "", "co_none", "%", `${ours}' or 'a' = 'a`];
      const without = await Promise.all(
        companies.map((company) => asRequest(company, `select from ${name}`)),
      );
      expect(`${name}: ${without}`).toBe(`${name}: 0,0,0,0,0`);
    }
    expect(readable).toBeGreaterThan(5);
  });

  test("changes nothing of another company, and makes nothing for it", async () => {
    for (const { name, owner, isView } of relations) {
      if (owner === null) continue;
      const tried = {
        insert: await asRequest(ours, insertion(name, theirs)),
        update: await asRequest(ours, `update ${name} set ${owner} = ${owner} where ${owner} = '${theirs}'`),
        take: await asRequest(ours, `update ${name} set ${owner} = '${ours}' where ${owner} = '${theirs}'`),
        give: await asRequest(ours, `update ${name} set ${owner} = '${theirs}' where ${owner} = '${ours}'`),
        delete: await asRequest(ours, `delete from ${name} where ${owner} = '${theirs}'`),
        truncate: isView ? denied : await asRequest(ours, `truncate ${name} cascade`),
      };
      const nothing = (outcome: number | string): boolean => outcome === denied || outcome === 0;
      expect({ name, ...tried, harm: !Object.values(tried).every(nothing) }).toMatchObject({ harm: false });
      expect({ name, insert: tried.insert, give: tried.give }).toEqual({
        name,
        insert: denied,
        give: denied,
      });
    }
  });

  test("has no access to what belongs to no company", async () => {
    const shared = relations.filter(({ owner }) => owner === null).map(({ name }) => name);
    expect(shared).toContain("partitions");
    for (const name of shared) {
      const [row] = await postgres.owner`
        select has_table_privilege('billai_request', ${name}, 'select, insert, update, delete, truncate') as some,
          has_any_column_privilege('billai_request', ${name}, 'select, insert, update') as parts`;
      expect(`${name}: ${row?.some} ${row?.parts}`).toBe(`${name}: false false`);
    }
  });

  test("forgets its company with its transaction", async () => {
    const sql = connect(postgres.url, { role: "billai_request", connections: 1 });
    await sql.begin(async (tx) => {
      await tx`select set_config('billai.company', ${ours}, true)`;
      expect(await tx`select from companies`).toHaveLength(1);
    });
    expect(await sql`select from companies`).toHaveLength(0);
    await sql.end();
  });

  test("reads usage through the view only", async () => {
    expect(await asRequest(ours, "select from usage_events")).toBe(denied);
    expect(await asRequest(ours, "select from usage_events_of_company")).toBe(1);
    const behind = await postgres.owner<{ name: string }[]>`
      select relname as name from pg_class where relnamespace = 'public'::regnamespace
        and (relispartition and relkind in ('r', 'p') or relname = 'usage_by_hour_aggregate')`;
    for (const { name } of behind)
      expect(`${name}: ${await asRequest(ours, `select from ${name}`)}`).toBe(`${name}: ${denied}`);
  });
});

describe("the schema", () => {
  test("secures and forces every table of a company but usage_events", () => {
    const tables = relations.filter(({ isView, owner }) => !isView && owner !== null);
    const open = tables.filter(({ secured, forced }) => !(secured && forced));
    expect(open.map(({ name }) => name)).toEqual(["usage_events"]);
    expect(tables.length).toBeGreaterThan(10);
  });

  test("has barriers in its views, and no functions that act as somebody else", async () => {
    const views = await postgres.owner`
      select relname from pg_class where relnamespace = 'public'::regnamespace and relkind in ('v', 'm')
        and relname <> 'usage_by_hour_aggregate'
        and not coalesce('security_barrier=true' = any (reloptions), false)`;
    expect([...views]).toEqual([]);
    const functions = await postgres.owner`
      select proname from pg_proc where pronamespace = 'public'::regnamespace and prosecdef`;
    expect([...functions]).toEqual([]);
  });

  test("lets the shard see every company in every table it reads", async () => {
    let readable = 0;
    for (const { name, owner, isView } of relations) {
      if (owner === null || isView) continue;
      const [may] = await postgres.shard`select has_table_privilege(${name}, 'select') as yes`;
      if (may?.yes !== true) continue;
      readable += 1;
      const [row] = await postgres.shard.unsafe(`select count(distinct ${owner}) as companies from ${name}`);
      expect(`${name}: ${row?.companies}`).toBe(`${name}: 2`);
    }
    expect(readable).toBeGreaterThan(10);
  });
});
