import type { Fragment, Sql, TransactionSql } from "postgres";
import type { ListPage } from "../../ports/documents.ts";

/**
 * The part of a list's query behind `where`: filters, range of creation, place of the page, order and limit.
 * @param created the column a list is ordered by, with `id` to break ties
 * @param columnOf the SQL expression of a filter by its field; an unknown field matches nothing
 */
export function pageClause(
  sql: Sql | TransactionSql,
  page: ListPage,
  created: string,
  columnOf: (field: string) => Fragment,
  first: "newest" | "oldest" = "newest",
): Fragment {
  const at = sql(created);
  const [beyond, order] = first === "newest" ? [sql`<`, sql`desc`] : [sql`>`, sql`asc`];
  const { gte, gt, lte, lt } = page.created;
  const filters = Object.entries(page.filters).map(
    ([field, value]) => sql`and ${columnOf(field)} = ${value}`,
  );
  return sql`
    true
    ${gte === undefined ? sql`` : sql`and ${at} >= ${gte}`}
    ${gt === undefined ? sql`` : sql`and ${at} > ${gt}`}
    ${lte === undefined ? sql`` : sql`and ${at} <= ${lte}`}
    ${lt === undefined ? sql`` : sql`and ${at} < ${lt}`}
    ${page.after === null ? sql`` : sql`and (${at}, id) ${beyond} (${page.after.createdAt}, ${page.after.id})`}
    ${filters.length === 0 ? sql`` : filters}
    order by ${at} ${order}, id ${order} limit ${page.limit}`;
}
