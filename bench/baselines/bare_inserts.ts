import type { Sql } from "postgres";

interface Column {
  readonly name: string;
  readonly type: string;
}

interface Copied {
  readonly name: string;
  readonly columns: readonly Column[];
  /** As text, column by column. */
  readonly values: readonly (readonly (string | null)[])[];
  readonly rows: number;
}

/** Rows of which a loop is to write the same again, into tables with the same keys and nothing else. */
export class BareInserts {
  readonly #sql: Sql;
  readonly #tables: readonly Copied[];

  private constructor(sql: Sql, tables: readonly Copied[]) {
    this.#sql = sql;
    this.#tables = tables;
  }

  /** Where the database stands now: `of` takes what was written after it. */
  static async mark(sql: Sql): Promise<bigint> {
    const [row] = await sql<{ at: string }[]>`select pg_current_xact_id()::text as at`;
    return BigInt(row?.at ?? "0");
  }

  /** Everything written after the mark, whatever table it is in. */
  static async of(sql: Sql, mark: bigint): Promise<BareInserts> {
    const names = await sql<{ name: string }[]>`
      select relname as name from pg_class c
      where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition
        and relname not like 'bare_%' order by 1`;
    const tables: Copied[] = [];
    for (const { name } of names) {
      const copied = await copiedOf(sql, name, mark);
      if (copied.rows === 0) continue;
      await sql.unsafe(`create table bare_${name} (like ${name} including all)`);
      tables.push(copied);
    }
    return new BareInserts(sql, tables);
  }

  /** What it is made of, such as "100 facts". */
  get told(): string {
    return this.#tables.map(({ name, rows }) => `${rows} ${name}`).join(", ");
  }

  /** Seconds to write all of it, in so many transactions, each with its part of every table. */
  async seconds(transactions: number): Promise<number> {
    for (const { name } of this.#tables) await this.#sql.unsafe(`truncate bare_${name}`);
    const startedAt = performance.now();
    for (let i = 0; i < transactions; i++)
      await this.#sql.begin(async (tx) => {
        for (const table of this.#tables) {
          const [from, to] = [i, i + 1].map((part) => Math.floor((table.rows * part) / transactions));
          const parts = table.values.map((column) => column.slice(from, to));
          if (from !== to) await tx.unsafe(insertOf(table), parts as string[][]);
        }
      });
    const seconds = (performance.now() - startedAt) / 1000;
    for (const { name, rows } of this.#tables) {
      const [counted] = await this.#sql.unsafe<{ count: string }[]>(`select count(*) from bare_${name}`);
      if (Number(counted?.count) !== rows) throw new Error(`${counted?.count} of ${rows} rows of ${name}`);
    }
    return seconds;
  }

  /** Takes its tables away. */
  async drop(): Promise<void> {
    for (const { name } of this.#tables) await this.#sql.unsafe(`drop table bare_${name}`);
  }
}

async function copiedOf(sql: Sql, name: string, mark: bigint): Promise<Copied> {
  const columns = await sql<Column[]>`
    select attname as name, format_type(atttypid, atttypmod) as type from pg_attribute
    where attrelid = ${name}::regclass and attnum > 0 and not attisdropped and attgenerated = ''
    order by attnum`;
  const texts = columns.map((column, i) => `"${column.name}"::text as c${i}`).join(", ");
  const rows = await sql.unsafe(`select ${texts} from ${name} where xmin::text::bigint > ${mark}`).values();
  const values = columns.map((_, i) => rows.map((row) => row[i] as string | null));
  return { name, columns, values, rows: rows.length };
}

function insertOf({ name, columns }: Copied): string {
  const names = columns.map((column) => `"${column.name}"`).join(", ");
  const cast = columns.map(({ type }, i) => `c${i}::${type}`).join(", ");
  const arrays = columns.map((_, i) => `$${i + 1}::text[]`).join(", ");
  const called = columns.map((_, i) => `c${i}`).join(", ");
  return `insert into bare_${name} (${names}) select ${cast} from unnest(${arrays}) as t(${called})`;
}
