import type { ListPage } from "../../ports/documents.ts";
import type { Instant } from "../../time/instant.ts";

/** The rows of a page, newest first, as a store with indexes would find them. `fields` names what can be filtered. */
export function listPage<T extends { readonly id: string; readonly createdAt: Instant }>(
  rows: Iterable<T>,
  page: ListPage,
  fields: Readonly<Record<string, (row: T) => string | null>>,
): T[] {
  const { after, created, filters } = page;
  const matches = (row: T): boolean =>
    (after === null || newestFirst(after, row) < 0) &&
    (created.gte === undefined || row.createdAt >= created.gte) &&
    (created.gt === undefined || row.createdAt > created.gt) &&
    (created.lte === undefined || row.createdAt <= created.lte) &&
    (created.lt === undefined || row.createdAt < created.lt) &&
    Object.entries(filters).every(([name, value]) => fields[name]?.(row) === value);
  return [...rows].filter(matches).sort(newestFirst).slice(0, page.limit);
}

type Placed = { readonly id: string; readonly createdAt: Instant };

function newestFirst(a: Placed, b: Placed): number {
  return b.createdAt - a.createdAt || (a.id < b.id ? 1 : a.id > b.id ? -1 : 0);
}
