import type { Sql } from "postgres";

/** Every row of every table as text, partitions as the table they are of. */
export async function contentsOf(owner: Sql): Promise<Record<string, string[]>> {
  const tables = await owner<{ name: string }[]>`
    select relname as name from pg_class
    where relkind in ('r', 'p') and not relispartition and relnamespace = 'public'::regnamespace`;
  const contents: Record<string, string[]> = {};
  for (const { name } of tables) {
    const rows = await owner<{ row: string }[]>`select t::text as row from ${owner(name)} t order by 1`;
    contents[name] = rows.map(({ row }) => row);
  }
  return contents;
}
