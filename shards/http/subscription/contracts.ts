import { type Static, Type } from "@sinclair/typebox";
import type { ContractCommand } from "../../../actors/customer/contracts/contract_commands.ts";
import { CommitmentInput, commitmentOf } from "../../../src/catalog/commitment.ts";
import { OneOf, Ref, Text } from "../../../src/text.ts";
import type { Services } from "../../services.ts";
import { existing, listDocuments, namedCustomer, ownerOf } from "../documents.ts";
import { instantField } from "../fields.ts";
import { keptAnswer } from "../kept_answer.ts";
import { listQuery } from "../list.ts";
import { type Route, route } from "../route.ts";
import { customPrices } from "./contract_overrides.ts";
import { invoicedSince } from "./invoiced_since.ts";
import { Overrides } from "./subscriptions.ts";

const documentsMax = 50;

const closed = { additionalProperties: false };
const Instant = Type.String({ format: "date-time" });

const terms = {
  name: Text(255),
  end: Type.Union([Instant, Type.Null()], { description: "Of the present term; null for none" }),
  renewal: OneOf(["none", "auto"]),
  documents: Type.Array(
    Type.Object(
      {
        name: Text(255),
        url: Type.String({ maxLength: 2000, pattern: "^https?://[^\\s\\u0000-\\u001f]+$" }),
      },
      closed,
    ),
    { maxItems: documentsMax },
  ),
};

const ContractInput = Type.Object(
  {
    customer_id: Ref,
    name: terms.name,
    start: Instant,
    end: Type.Optional(terms.end),
    renewal: Type.Optional(terms.renewal),
    currency: Type.Optional(
      Type.String({ pattern: "^[A-Z]{3}$", description: "The customer's when left out" }),
    ),
    commitment: Type.Optional(CommitmentInput(["month", "quarter", "year", "term"])),
    overrides: Type.Optional(Overrides),
    documents: Type.Optional(terms.documents),
  },
  closed,
);

const ContractPatch = Type.Partial(Type.Object(terms), { ...closed, minProperties: 1 });

const ContractList = listQuery({
  customer_id: Type.Optional(Ref),
  currency: Type.Optional(Type.String({ pattern: "^[A-Z]{3}$" })),
  status: Type.Optional(OneOf(["scheduled", "active", "ended"])),
});

const TerminateInput = Type.Object(
  { at: Type.Optional(Type.String({ maxLength: 64, default: "now", description: "`now` or an instant" })) },
  closed,
);

const request = {
  customer_id: "cust_abc",
  name: "Enterprise 2026",
  start: "2026-01-01T00:00:00Z",
  end: "2027-01-01T00:00:00Z",
  renewal: "auto",
  commitment: { amount: 12000, period: "year" },
  overrides: [{ price: "api_calls_standard", unit_amount: "0.0008" }],
  documents: [{ name: "Signed order form", url: "https://files.example.com/order-form.pdf" }],
};

const contractExample = {
  id: "con_01kdwc5d00b2d4f6h8k0m2p4r6",
  customer_id: "cust_01kc5nkt00a3b5c7d9e1f3g5h7",
  name: request.name,
  currency: "USD",
  start: request.start,
  end: request.end,
  renewal: request.renewal,
  commitment: {
    amount: "12000.00",
    period: "year",
    billed: "0.00",
    period_start: "2026-01-01T00:00:00Z",
    period_end: "2027-01-01T00:00:00Z",
  },
  overrides: request.overrides,
  documents: request.documents,
  term_start: "2026-01-01T00:00:00Z",
  status: "active",
  created_at: "2026-01-01T00:00:00Z",
  updated_at: "2026-01-01T00:00:00Z",
};

const path = "/api/v1/contracts";

/** Contracts: make, list, read, change and end; API.md §3, Contract. */
export function contractRoutes(services: Services): Route[] {
  return [createRoute(services), ...readRoutes(services), ...changeRoutes(services)];
}

function createRoute(services: Services): Route {
  return route({
    method: "POST",
    path,
    service: "subscription",
    auth: { scopes: ["contracts:write"] },
    summary: "Make a contract with a customer: custom prices, a commitment, terms that renew",
    description:
      "`overrides` replace fields of prices, by id or key, in every subscription of the customer, for the billing " +
      "periods that open while the contract is in force. Where less than the commitment is invoiced of what begins " +
      "in one of its periods, the rest is invoiced after it; a period that the contract's end cuts short commits for " +
      'its part, by the second. With `renewal` "auto" the term begins again, as long as before.',
    body: ContractInput,
    example: { request, answer: contractExample },
    success: 201,
    handler: async (ctx) => {
      const key = await namedCustomer(services, ctx, ctx.body.customer_id);
      const overrides = await customPrices(services, key.companyId, ctx.body.overrides ?? []);
      const terms = createCommand(services.ids.next("con"), ctx.body, overrides);
      const counts = terms.commitment !== null;
      const invoiced = counts ? await invoicedSince(services, key, terms.currency, terms.start) : [];
      const command = { ...terms, invoiced };
      return { payload: await services.shard.send(key, command, keptAnswer(ctx, 201)) };
    },
  });
}

function readRoutes(services: Services): Route[] {
  return [
    route({
      method: "GET",
      path,
      service: "subscription",
      auth: { scopes: ["contracts:read"] },
      summary: "List contracts",
      query: ContractList,
      example: { answer: [contractExample] },
      handler: (ctx) => listDocuments(services, ctx, "contracts"),
    }),
    route({
      method: "GET",
      path: `${path}/:id`,
      service: "subscription",
      auth: { scopes: ["contracts:read"] },
      summary: "Read a contract, with what has been invoiced towards its commitment",
      example: { answer: contractExample },
      handler: async (ctx) => ({
        payload: (await existing(services, ctx, "contracts", ctx.params.id)).body,
      }),
    }),
  ];
}

function changeRoutes(services: Services): Route[] {
  return [
    route({
      method: "PATCH",
      path: `${path}/:id`,
      service: "subscription",
      auth: { scopes: ["contracts:write"] },
      summary: "Change a contract's name, documents, renewal or end",
      body: ContractPatch,
      example: { request: { renewal: "none" }, answer: { ...contractExample, renewal: "none" } },
      handler: async (ctx) => {
        const document = await existing(services, ctx, "contracts", ctx.params.id);
        const command = patchCommand(document.id, ctx.body);
        return { payload: await services.shard.send(ownerOf(ctx, document), command, keptAnswer(ctx, 200)) };
      },
    }),
    route({
      method: "POST",
      path: `${path}/:id/terminate`,
      service: "subscription",
      auth: { scopes: ["contracts:write"] },
      summary: "End a contract now or at an instant; it does not renew",
      body: TerminateInput,
      example: {
        request: { at: "2026-07-01T00:00:00Z" },
        answer: { ...contractExample, end: "2026-07-01T00:00:00Z", renewal: "none" },
      },
      handler: async (ctx) => {
        const { at = "now" } = ctx.body;
        const document = await existing(services, ctx, "contracts", ctx.params.id);
        const command: ContractCommand = {
          type: "terminate_contract",
          contractId: document.id,
          at: at === "now" ? at : instantField("at", at),
        };
        return { payload: await services.shard.send(ownerOf(ctx, document), command, keptAnswer(ctx, 200)) };
      },
    }),
  ];
}

type CreateContract = Extract<ContractCommand, { type: "create_contract" }>;

function createCommand(
  id: string,
  input: Static<typeof ContractInput>,
  overrides: CreateContract["overrides"],
): CreateContract {
  const { name, start, end, renewal, currency, commitment, documents } = input;
  return {
    type: "create_contract",
    id,
    name,
    start: instantField("start", start),
    end: end === undefined ? null : instantOrNull(end),
    renewal: renewal ?? "none",
    currency: currency ?? null,
    commitment: commitment === undefined ? null : commitmentOf(commitment),
    overrides,
    documents: documents ?? [],
  };
}

function patchCommand(contractId: string, patch: Static<typeof ContractPatch>): ContractCommand {
  const { end, ...others } = patch;
  return {
    type: "update_contract",
    contractId,
    ...others,
    ...(end === undefined ? {} : { end: instantOrNull(end) }),
  };
}

function instantOrNull(end: string | null): number | null {
  return end === null ? null : instantField("end", end);
}
