import { type TOptional, type TSchema, Type } from "@sinclair/typebox";
import type { Principal } from "../../src/auth/principal.ts";
import { invalid } from "../../src/errors.ts";
import { limits } from "../../src/limits.ts";
import type { ListPage } from "../../src/ports/documents.ts";
import { parseInstant } from "../../src/time/instant.ts";
import type { Cursors, PlaceInList } from "./cursor.ts";
import type { Answer } from "./route.ts";

const InstantText = Type.Optional(Type.String({ format: "date-time" }));

/** Query parameters every list takes. */
const pageParameters = {
  limit: Type.Optional(
    Type.Integer({ minimum: 1, maximum: limits.pageRowsMax, default: limits.pageRowsDefault }),
  ),
  cursor: Type.Optional(Type.String({ description: "`page.next_cursor` of the page before" })),
  "created_at[gte]": InstantText,
  "created_at[gt]": InstantText,
  "created_at[lte]": InstantText,
  "created_at[lt]": InstantText,
};

/** The query of a list: page, range of creation, and these filters by field. */
export function listQuery<F extends Record<string, TOptional<TSchema>>>(filters: F) {
  return Type.Object({ ...pageParameters, ...filters }, { additionalProperties: false });
}

interface ListContext {
  readonly principal: Principal;
  readonly cursors: Cursors;
  readonly query: unknown;
}

/**
 * The page a list request asks for, with one row more than will be shown: it tells whether there are more.
 * @param sort names the list, so that its cursors fit no other
 */
export function readPage(ctx: ListContext, sort: string): ListPage {
  const query = ctx.query as Readonly<Record<string, string | number | undefined>>;
  const { limit = limits.pageRowsDefault, cursor, ...rest } = query;
  const filters: Record<string, string> = {};
  for (const [name, value] of Object.entries(rest)) {
    if (value !== undefined && !name.startsWith("created_at[")) filters[name] = String(value);
  }
  const after = cursor === undefined ? null : ctx.cursors.read(ctx.principal.companyId, sort, String(cursor));
  return { limit: Number(limit) + 1, after, filters, created: readCreated(rest) };
}

/** The answer to a list request: the rows found by `readPage`'s page, shown, and where the next page starts. */
export function pageAnswer<Row>(
  ctx: ListContext,
  sort: string,
  page: ListPage,
  rows: readonly Row[],
  placeOf: (row: Row) => PlaceInList,
  show: (row: Row) => unknown,
): Answer {
  const shown = rows.slice(0, page.limit - 1);
  const last = shown.at(-1);
  const more = rows.length >= page.limit && last !== undefined;
  const next = more ? ctx.cursors.write(ctx.principal.companyId, sort, placeOf(last)) : null;
  return { payload: shown.map(show), page: { next_cursor: next, has_more: more } };
}

function readCreated(query: Readonly<Record<string, string | number | undefined>>): ListPage["created"] {
  const range: { gte?: number; gt?: number; lte?: number; lt?: number } = {};
  for (const bound of ["gte", "gt", "lte", "lt"] as const) {
    const name = `created_at[${bound}]`;
    const text = query[name];
    if (text === undefined) continue;
    const at = parseInstant(String(text));
    if (at === null) throw invalid(name, "must be an RFC 3339 date-time");
    range[bound] = at;
  }
  return range;
}
