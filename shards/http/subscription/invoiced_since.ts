import { invoicedBy } from "../../../actors/customer/contracts/billed.ts";
import type { Invoiced } from "../../../actors/customer/contracts/contract.ts";
import { invalid } from "../../../src/errors.ts";
import type { Invoice } from "../../../src/invoicing/invoice.ts";
import { limits } from "../../../src/limits.ts";
import type { Document, ListPage } from "../../../src/ports/documents.ts";
import type { ActorKey } from "../../../src/ports/stored_rows.ts";
import type { Instant } from "../../../src/time/instant.ts";
import type { Services } from "../../services.ts";

// A customer with more has not waited for its contract to be written down.
const pagesMax = 100;

/**
 * What a customer has been invoiced since a contract's start, in its currency or, where that is null, the customer's.
 * An actor forgets issued invoices, so a contract that is made after its start is told of them. Throws VAL_001 where
 * there are too many.
 */
export async function invoicedSince(
  services: Services,
  { companyId, customerId }: ActorKey,
  currency: string | null,
  start: Instant,
): Promise<Invoiced[]> {
  const customer = await services.documents.get(companyId, "customers", customerId);
  const filters = { customer_id: customerId, currency: currency ?? String(customer?.body.currency) };
  const found: Invoiced[] = [];
  let after: ListPage["after"] = null;
  for (let page = 0; page < pagesMax; page++) {
    const rows: Document[] = await services.documents.list(companyId, "invoices", {
      limit: limits.pageRowsMax,
      after,
      filters,
      created: { gte: start },
    });
    for (const { body } of rows) {
      const invoice = body as unknown as Invoice; // the document of an invoice is one
      if (invoice.status !== "draft" && invoice.status !== "canceled") found.push(...invoicedBy(invoice));
    }
    const last = rows.at(-1);
    if (last === undefined || rows.length < limits.pageRowsMax)
      return found.filter((one) => one.start >= start);
    after = { createdAt: last.createdAt, id: last.id };
  }
  throw invalid("start", "lies before more invoices than can be counted");
}
