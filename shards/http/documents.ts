import type { Principal } from "../../src/auth/principal.ts";
import { BillingError } from "../../src/errors.ts";
import type { Document, DocumentTable } from "../../src/ports/documents.ts";
import type { Services } from "../services.ts";
import { pageAnswer, readPage } from "./list.ts";
import type { Answer, Context } from "./route.ts";

/** What a missing document is called. */
const nouns: Readonly<Record<DocumentTable, string>> = {
  customers: "customer",
  subscriptions: "subscription",
  invoices: "invoice",
  spend_limits: "spend limit",
  spend_alerts: "spend alert",
  credit_grants: "credit grant",
  credit_entries: "credit entry",
  contracts: "contract",
};

type Caller = { readonly principal: Principal };

/** The answer to a list request over one kind of document. */
export async function listDocuments(
  services: Services,
  ctx: Caller & Pick<Context, "cursors" | "query">,
  table: DocumentTable,
): Promise<Answer> {
  const page = readPage(ctx, table);
  const rows = await services.documents.list(
    ctx.principal.companyId,
    table,
    await canonical(services, ctx, page),
  );
  return pageAnswer(ctx, table, page, rows, placeOf, (row) => row.body);
}

/** The caller's document of this id or external id. Throws RES_001, also for another company's. */
export async function existing(
  services: Services,
  ctx: Caller,
  table: DocumentTable,
  ref: string,
): Promise<Document> {
  const found = await services.documents.get(ctx.principal.companyId, table, ref);
  if (found === null) throw new BillingError("RES_001", `No such ${nouns[table]}`);
  return found;
}

/** The customer a document belongs to. */
export function ownerOf(ctx: Caller, document: Document): { companyId: string; customerId: string } {
  return { companyId: ctx.principal.companyId, customerId: String(document.body.customer_id) };
}

/** The actor of the customer a request names in `customer_id`. Throws RES_001 naming the field. */
export async function namedCustomer(
  services: Services,
  ctx: { readonly principal: Pick<Principal, "companyId"> },
  ref: string,
) {
  const { companyId } = ctx.principal;
  const found = (await services.refs.resolve(companyId, [ref])).get(ref);
  if (found === undefined) throw new BillingError("RES_001", "No such customer", { field: "customer_id" });
  return { companyId, customerId: found.id };
}

/** Filters by customer and subscription take external ids too. */
async function canonical(services: Services, ctx: Caller, page: ReturnType<typeof readPage>) {
  const { companyId } = ctx.principal;
  const { customer_id, subscription_id, ...filters } = page.filters;
  if (customer_id !== undefined) {
    const found = (await services.refs.resolve(companyId, [customer_id])).get(customer_id);
    Object.assign(filters, { customer_id: found?.id ?? customer_id });
  }
  if (subscription_id !== undefined) {
    const found = await services.documents.get(companyId, "subscriptions", subscription_id);
    Object.assign(filters, { subscription_id: found?.id ?? subscription_id });
  }
  return { ...page, filters };
}

function placeOf(row: Document): { createdAt: number; id: string } {
  return { createdAt: row.createdAt, id: row.id };
}
