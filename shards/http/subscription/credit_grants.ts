import { type Static, Type } from "@sinclair/typebox";
import type { CreditCommand } from "../../../actors/customer/credits/credit_commands.ts";
import { Metadata } from "../../../actors/customer/profile.ts";
import { DEFAULT_PRIORITY, PRIORITY_MAX, type Rollover } from "../../../src/credits/grant.ts";
import { invalid } from "../../../src/errors.ts";
import { DecimalText } from "../../../src/money/decimal_schema.ts";
import { amountOf, optionalAmount } from "../../../src/pricing/amount.ts";
import { OneOf, Ref, Text } from "../../../src/text.ts";
import type { Services } from "../../services.ts";
import { existing, listDocuments, namedCustomer, ownerOf } from "../documents.ts";
import { instantField } from "../fields.ts";
import { keptAnswer } from "../kept_answer.ts";
import { listQuery } from "../list.ts";
import { usableEntry } from "../master_data/catalog_entries.ts";
import { type Route, route } from "../route.ts";

// Each is compared with every line of an invoice.
const productsMax = 100;

const closed = { additionalProperties: false };
const Currency = Type.String({ pattern: "^[A-Z]{3}$" });
const Kind = OneOf(["paid", "promotional"]);
const Instant = Type.String({ format: "date-time" });

const GrantInput = Type.Object(
  {
    customer_id: Ref,
    name: Type.Optional(Text(255)),
    amount: DecimalText("positive", "In major units, no finer than the currency"),
    currency: Currency,
    kind: Kind,
    priority: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: PRIORITY_MAX,
        default: DEFAULT_PRIORITY,
        description: "The lower the earlier used",
      }),
    ),
    effective_at: Type.Optional(Instant),
    expires_at: Type.Optional(Type.Union([Instant, Type.Null()])),
    product_ids: Type.Optional(
      Type.Array(Ref, {
        minItems: 1,
        maxItems: productsMax,
        description: "Ids or keys; only lines of these products are paid",
      }),
    ),
    rollover: Type.Optional(
      Type.Object(
        {
          max_amount: Type.Optional(
            DecimalText("positive", "What goes on at most; all that is left when left out"),
          ),
          times: Type.Optional(
            Type.Integer({ minimum: 1, maximum: 1000, description: "How often; always when left out" }),
          ),
        },
        closed,
      ),
    ),
    metadata: Type.Optional(Metadata),
  },
  closed,
);

const GrantList = listQuery({
  customer_id: Type.Optional(Ref),
  currency: Type.Optional(Currency),
  kind: Type.Optional(Kind),
  status: Type.Optional(OneOf(["scheduled", "active", "exhausted", "expired", "voided"])),
});

const grantExample = {
  id: "grant_01kgb9v400k3m5p7r9t1v3x5z7",
  customer_id: "cust_01kc5nkt00a3b5c7d9e1f3g5h7",
  name: "Launch credit",
  amount: "100.00",
  remaining: "100.00",
  currency: "USD",
  kind: "promotional",
  priority: 10,
  effective_at: "2026-02-01T00:00:00Z",
  expires_at: "2026-05-01T00:00:00Z",
  product_ids: ["prod_01kgb9v400e1v7d2m8r4q6w9xa"],
  rollover: { max_amount: "25.00", times: 1 },
  metadata: {},
  status: "active",
  created_at: "2026-02-01T00:00:00Z",
  updated_at: "2026-02-01T00:00:00Z",
};

const path = "/api/v1/credits/grants";

/** Credit grants: give, list, read and take back; API.md §3, Credit grant. */
export function creditGrantRoutes(services: Services): Route[] {
  return [
    grantRoute(services),
    route({
      method: "GET",
      path,
      service: "subscription",
      auth: { scopes: ["credits:read"] },
      summary: "List credit grants",
      query: GrantList,
      example: { answer: [grantExample] },
      handler: (ctx) => listDocuments(services, ctx, "credit_grants"),
    }),
    route({
      method: "GET",
      path: `${path}/:id`,
      service: "subscription",
      auth: { scopes: ["credits:read"] },
      summary: "Read a credit grant, with what is left of it",
      example: { answer: { ...grantExample, remaining: "37.50" } },
      handler: async (ctx) => ({
        payload: (await existing(services, ctx, "credit_grants", ctx.params.id)).body,
      }),
    }),
    route({
      method: "POST",
      path: `${path}/:id/void`,
      service: "subscription",
      auth: { scopes: ["credits:write"] },
      summary: "Take back what is left of a credit grant",
      description: "What invoices have used stays used. Refused with RES_002 once nothing is left.",
      example: { request: {}, answer: { ...grantExample, remaining: "0.00", status: "voided" } },
      handler: async (ctx) => {
        const document = await existing(services, ctx, "credit_grants", ctx.params.id);
        const command = { type: "void_grant", grantId: document.id } as const;
        return { payload: await services.shard.send(ownerOf(ctx, document), command, keptAnswer(ctx, 200)) };
      },
    }),
  ];
}

function grantRoute(services: Services): Route {
  const request = {
    customer_id: "cust_abc",
    name: "Launch credit",
    amount: 100.0,
    currency: "USD",
    kind: "promotional",
    priority: 10,
    expires_at: "2026-05-01T00:00:00Z",
    product_ids: ["inference"],
    rollover: { max_amount: 25, times: 1 },
  };
  return route({
    method: "POST",
    path,
    service: "subscription",
    auth: { scopes: ["credits:write"] },
    summary: "Give a customer credit",
    description:
      "Credit pays what is due of an invoice after tax, when it is issued: by priority, then soonest expiry, then " +
      "promotional before paid, then oldest; only invoices in its currency and, with `product_ids`, only lines of " +
      "those products. What is left at `expires_at` is gone or, with `rollover`, goes on up to `max_amount` in a " +
      "new grant of the same terms and length.",
    body: GrantInput,
    example: { request, answer: grantExample },
    success: 201,
    handler: async (ctx) => {
      const key = await namedCustomer(services, ctx, ctx.body.customer_id);
      const productIds = await productsOf(services, key.companyId, ctx.body.product_ids);
      const command = grantCommand(services.ids.next("grant"), ctx.body, productIds);
      return { payload: await services.shard.send(key, command, keptAnswer(ctx, 201)) };
    },
  });
}

function grantCommand(
  id: string,
  input: Static<typeof GrantInput>,
  productIds: readonly string[] | null,
): CreditCommand {
  const { name, amount, currency, kind, priority, effective_at, expires_at, rollover, metadata } = input;
  return {
    type: "grant_credit",
    grant: {
      id,
      ...(name === undefined ? {} : { name }),
      amount: amountOf(amount),
      currency,
      kind,
      priority: priority ?? DEFAULT_PRIORITY,
      effectiveAt: effective_at === undefined ? null : instantField("effective_at", effective_at),
      expiresAt:
        expires_at === undefined || expires_at === null ? null : instantField("expires_at", expires_at),
      productIds,
      rollover: rollover === undefined ? null : rolloverOf(rollover),
      metadata: metadata ?? {},
    },
  };
}

function rolloverOf({ max_amount, times }: NonNullable<Static<typeof GrantInput>["rollover"]>): Rollover {
  return { maxAmount: optionalAmount(max_amount), times: times ?? null };
}

/** The ids of products named by id or key. Throws VAL_001 for one that is unknown, archived or named twice. */
async function productsOf(
  services: Services,
  companyId: string,
  refs: readonly string[] | undefined,
): Promise<string[] | null> {
  if (refs === undefined) return null;
  const ids: string[] = [];
  for (const [index, ref] of refs.entries()) {
    const field = `product_ids[${index}]`;
    const { id } = await usableEntry(services, companyId, "product", ref, field);
    if (ids.includes(id)) throw invalid(field, "is in the list already");
    ids.push(id);
  }
  return ids;
}
