import { Type } from "@sinclair/typebox";
import { creditBalance } from "../../../actors/customer/credits/balance.ts";
import { OneOf, Ref } from "../../../src/text.ts";
import type { Services } from "../../services.ts";
import { listDocuments, namedCustomer } from "../documents.ts";
import { listQuery } from "../list.ts";
import { type Route, route } from "../route.ts";

const EntryList = listQuery({
  customer_id: Type.Optional(Ref),
  grant_id: Type.Optional(Ref),
  invoice_id: Type.Optional(Ref),
  currency: Type.Optional(Type.String({ pattern: "^[A-Z]{3}$" })),
  type: Type.Optional(OneOf(["granted", "applied", "expired", "voided", "rolled_over"])),
});

const customerId = "cust_01kc5nkt00a3b5c7d9e1f3g5h7";

const balanceExample = {
  customer_id: customerId,
  as_of: "2026-03-01T01:00:00Z",
  balances: [
    {
      currency: "USD",
      available: "37.50",
      by_kind: { paid: "0.00", promotional: "37.50" },
      limited_to_products: "37.50",
      scheduled: "50.00",
      next_expiry: "2026-05-01T00:00:00Z",
    },
  ],
};

const entryExample = {
  id: "entry_01kjm3ch00q7r9s1t3v5w7x9y1",
  customer_id: customerId,
  grant_id: "grant_01kgb9v400k3m5p7r9t1v3x5z7",
  type: "applied",
  amount: "-62.50",
  currency: "USD",
  balance_after: "37.50",
  invoice_id: "inv_01kjm3ch00q7r9s1t3v5w7x9y1",
  sequence: 42,
  created_at: "2026-03-01T01:00:00Z",
};

/** What credit a customer has, and every movement of it. */
export function creditBalanceRoutes(services: Services): Route[] {
  return [
    route({
      method: "GET",
      path: "/api/v1/credits/balance",
      service: "subscription",
      auth: { scopes: ["credits:read"] },
      summary: "What credit a customer has in each currency, as committed",
      description:
        "`available` can pay an invoice now, some of it only lines of certain products; `scheduled` is given but not " +
        "in effect yet.",
      query: Type.Object({ customer_id: Ref }, { additionalProperties: false }),
      example: { answer: balanceExample },
      handler: async (ctx) => {
        const key = await namedCustomer(services, ctx, ctx.query.customer_id);
        return {
          payload: await services.shard.send(key, {
            type: "read",
            read: (state, { now }) => creditBalance(state, now),
          }),
        };
      },
    }),
    route({
      method: "GET",
      path: "/api/v1/credits/entries",
      service: "subscription",
      auth: { scopes: ["credits:read"] },
      summary: "List the movements of credit, with the balance of their currency after each",
      description:
        "Of several at one instant, `sequence` tells the order. A balance counts credit that is not in effect yet.",
      query: EntryList,
      example: { answer: [entryExample] },
      handler: (ctx) => listDocuments(services, ctx, "credit_entries"),
    }),
  ];
}
