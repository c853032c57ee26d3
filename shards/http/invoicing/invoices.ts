import { Type } from "@sinclair/typebox";
import type { DecisionContext } from "../../../actors/actor.ts";
import { type CustomerState, findSubscription } from "../../../actors/customer/state.ts";
import { upcomingInvoice } from "../../../actors/customer/upcoming.ts";
import { BillingError } from "../../../src/errors.ts";
import type { Invoice } from "../../../src/invoicing/invoice.ts";
import { OneOf, Ref } from "../../../src/text.ts";
import type { Services } from "../../services.ts";
import { existing, listDocuments, namedCustomer, ownerOf } from "../documents.ts";
import { keptAnswer } from "../kept_answer.ts";
import { listQuery } from "../list.ts";
import { type Route, route } from "../route.ts";
import { invoiceExample } from "./example.ts";

const InvoiceList = listQuery({
  customer_id: Type.Optional(Ref),
  subscription_id: Type.Optional(Ref),
  number: Type.Optional(Ref),
  currency: Type.Optional(Type.String({ pattern: "^[A-Z]{3}$" })),
  status: Type.Optional(
    OneOf(["draft", "issued", "paid", "partially_paid", "overdue", "written_off", "canceled"]),
  ),
});

const PreviewInput = Type.Object(
  { customer_id: Ref, subscription_id: Type.Optional(Ref) },
  { additionalProperties: false },
);

/** Invoices: list, read, issue a draft early, and preview the open period; API.md §3, Invoice. */
export function invoiceRoutes(services: Services): Route[] {
  return [
    route({
      method: "GET",
      path: "/api/v1/invoicing/invoices",
      service: "invoicing",
      auth: { scopes: ["invoices:read"] },
      summary: "List invoices",
      query: InvoiceList,
      example: { answer: [invoiceExample] },
      handler: (ctx) => listDocuments(services, ctx, "invoices"),
    }),
    route({
      method: "GET",
      path: "/api/v1/invoicing/invoices/:id",
      service: "invoicing",
      auth: { scopes: ["invoices:read"] },
      summary: "Read an invoice",
      example: { answer: invoiceExample },
      handler: async (ctx) => ({ payload: (await existing(services, ctx, "invoices", ctx.params.id)).body }),
    }),
    route({
      method: "POST",
      path: "/api/v1/invoicing/invoices/:id/issue",
      service: "invoicing",
      auth: { scopes: ["invoices:write"] },
      summary: "Issue a draft before its grace is over",
      example: { answer: invoiceExample },
      handler: async (ctx) => {
        const document = await existing(services, ctx, "invoices", ctx.params.id);
        const command = { type: "issue_invoice", invoiceId: document.id } as const;
        return { payload: await services.shard.send(ownerOf(ctx, document), command, keptAnswer(ctx, 200)) };
      },
    }),
    route({
      method: "POST",
      path: "/api/v1/invoicing/preview",
      service: "invoicing",
      auth: { scopes: ["invoices:read"] },
      summary: "The next invoice as it stands now, if nothing more is used; nothing is stored",
      body: PreviewInput,
      idempotent: false,
      example: {
        request: { customer_id: "cust_abc", subscription_id: "sub_xyz" },
        answer: { ...invoiceExample, id: null, number: null, status: "draft", issued_at: null, due_at: null },
      },
      handler: async (ctx) => {
        const key = await namedCustomer(services, ctx, ctx.body.customer_id);
        const ref = ctx.body.subscription_id;
        const read = (state: CustomerState, decision: DecisionContext) => preview(state, decision, ref);
        const payload = await services.shard.send(key, { type: "read", read });
        if (payload === null)
          throw new BillingError("RES_001", "No such subscription, or none with an open period");
        return { payload };
      },
    }),
  ];
}

/** The next invoice of the named subscription, else of the oldest that has one to come. */
function preview(state: CustomerState, ctx: DecisionContext, ref: string | undefined): Invoice | null {
  const named = ref === undefined ? undefined : findSubscription(state, ref);
  const candidates = ref === undefined ? state.subscriptions : named === undefined ? [] : [named];
  for (const { id } of candidates) {
    const invoice = upcomingInvoice(state, id, ctx);
    if (invoice !== null) return { ...invoice, id: null };
  }
  return null;
}
