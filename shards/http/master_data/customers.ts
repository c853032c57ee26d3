import { Type } from "@sinclair/typebox";
import { CustomerInput, CustomerPatch } from "../../../actors/customer/profile.ts";
import { invalid } from "../../../src/errors.ts";
import { idAlike } from "../../../src/ids.ts";
import { checkKey, Ref } from "../../../src/text.ts";
import type { Services } from "../../services.ts";
import { existing, listDocuments } from "../documents.ts";
import { keptAnswer } from "../kept_answer.ts";
import { listQuery } from "../list.ts";
import { type Route, route } from "../route.ts";

const path = "/api/v1/master-data/customers";
const { email, currency } = CustomerInput.properties;

const CustomerQuery = listQuery({
  external_id: Type.Optional(Ref),
  email: Type.Optional(email),
  currency: Type.Optional(currency),
  parent_id: Type.Optional(Ref),
  test_clock_id: Type.Optional(Ref),
});

const request = {
  external_id: "cust_abc",
  name: "Acme Robotics",
  email: "billing@acme.example",
  currency: "USD",
  timezone: "America/New_York",
  billing_address: {
    line1: "1 Assembly Row",
    city: "Boston",
    region: "MA",
    postal_code: "02108",
    country: "US",
  },
  metadata: { crm_id: "0015f00002" },
};

const shown = {
  ...request,
  id: "cust_01kgb9v400a3b5c7d9e1f3g5h7",
  created_at: "2026-02-01T00:00:00Z",
  updated_at: "2026-02-01T00:00:00Z",
};

/** Customers; API.md §3. */
export function customerRoutes(services: Services): Route[] {
  return [...writing(services), ...reading(services)];
}

function writing(services: Services): Route[] {
  const common = { service: "master_data", auth: { scopes: ["customers:write"] } } as const;
  return [
    route({
      ...common,
      method: "POST",
      path,
      summary: "Create a customer",
      description: "Currency and time zone default to the company's, and do not change.",
      body: CustomerInput,
      success: 201,
      example: { request, answer: shown },
      handler: async (ctx) => {
        const { companyId } = ctx.principal;
        const input = await checked(services, companyId, ctx.body);
        const customerId = idAlike(ctx.requestId, "cust"); // the same at the process that has its partition
        const command = { type: "create_customer", customerId, input } as const;
        const payload = await services.shard.send({ companyId, customerId }, command, keptAnswer(ctx, 201));
        services.orphanRecovery.wake(companyId);
        return { payload };
      },
    }),
    route({
      ...common,
      method: "PATCH",
      path: `${path}/:id`,
      summary: "Change a customer",
      description: "An `external_id` can be set once.",
      body: CustomerPatch,
      example: {
        request: { email: "finance@acme.example" },
        answer: { ...shown, email: "finance@acme.example", updated_at: "2026-02-03T09:00:00Z" },
      },
      handler: async (ctx) => {
        const { companyId } = ctx.principal;
        checkExternalId(ctx.body);
        const { id: customerId } = await existing(services, ctx, "customers", ctx.params.id);
        const command = { type: "update_customer", patch: ctx.body } as const;
        const payload = await services.shard.send({ companyId, customerId }, command, keptAnswer(ctx, 200));
        services.orphanRecovery.wake(companyId);
        return { payload };
      },
    }),
  ];
}

function reading(services: Services): Route[] {
  const common = { method: "GET", service: "master_data", auth: { scopes: ["customers:read"] } } as const;
  return [
    route({
      ...common,
      path,
      summary: "List customers, newest first",
      query: CustomerQuery,
      example: { answer: [shown] },
      handler: async (ctx) => {
        const { parent_id } = ctx.query;
        if (parent_id === undefined) return listDocuments(services, ctx, "customers");
        const parent = await services.documents.get(ctx.principal.companyId, "customers", parent_id);
        const query = { ...ctx.query, parent_id: parent?.id ?? parent_id };
        return listDocuments(services, { ...ctx, query }, "customers");
      },
    }),
    route({
      ...common,
      path: `${path}/:id`,
      summary: "Read a customer by id or external id",
      example: { answer: shown },
      handler: async (ctx) => ({ payload: (await existing(services, ctx, "customers", ctx.params.id)).body }),
    }),
  ];
}

/** The input with what it names found, the parent by its id. Throws VAL_001 naming the field. */
async function checked(services: Services, companyId: string, input: CustomerInput): Promise<CustomerInput> {
  checkExternalId(input);
  const { test_clock_id, parent_id } = input;
  if (test_clock_id !== undefined && (await services.clockStore.get(companyId, test_clock_id)) === null) {
    throw invalid("test_clock_id", "names no test clock");
  }
  if (parent_id === undefined) return input;
  const parent = await services.documents.get(companyId, "customers", parent_id);
  if (parent === null) throw invalid("parent_id", "names no customer");
  return { ...input, parent_id: parent.id };
}

function checkExternalId({ external_id }: { external_id?: string }): void {
  if (external_id !== undefined) checkKey(external_id, "external_id");
}
