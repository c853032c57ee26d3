import { type Static, Type } from "@sinclair/typebox";
import { type SimulatedEvent, simulateInvoice } from "../../../actors/customer/simulate.ts";
import { buildCatalog, type Catalog } from "../../../src/catalog/catalog.ts";
import { BillingError, invalid } from "../../../src/errors.ts";
import { Later, refuseLater } from "../../../src/later.ts";
import { limits } from "../../../src/limits.ts";
import { propertiesFault } from "../../../src/metering/event_text.ts";
import { compare, type Decimal, decimal, ONE, scaleOf, sign } from "../../../src/money/decimal.ts";
import { decimalOf } from "../../../src/money/json.ts";
import { Ref, Text } from "../../../src/text.ts";
import type { CompanyView } from "../../companies.ts";
import type { Services } from "../../services.ts";
import { existing } from "../documents.ts";
import { instantField } from "../fields.ts";
import { invoiceExample } from "../invoicing/example.ts";
import { type Context, type Route, route } from "../route.ts";
import { TriedPlan, triedRows } from "./simulated_plan.ts";

const InstantText = Type.String({ format: "date-time" });

const SimulationInput = Type.Object(
  {
    customer_id: Type.Optional(Ref),
    plan_id: Type.Optional(Ref),
    plan: Type.Optional(TriedPlan),
    period_start: InstantText,
    period_end: InstantText,
    history: Later,
    subscription: Later,
    simulated_events: Type.Array(
      Type.Composite([
        Type.Object({ event_type: Text(255) }),
        Type.Object({}, { additionalProperties: true }),
      ]),
      {
        maxItems: limits.simulatedEventsMax,
        description: "`count: N` stands for N such events; other keys are properties",
      },
    ),
  },
  { additionalProperties: false },
);

// Beyond it a count is a mistake: a quadrillion events of one kind in a period.
const countMax = decimal("1e15");

/** The documented invoice simulation: the same code as the real run, and nothing is stored. */
export function simulationRoutes(services: Services): Route[] {
  return [
    route({
      method: "POST",
      path: "/api/v1/admin/simulation/invoice",
      service: "admin",
      auth: { scopes: ["invoices:read"] },
      summary: "Simulate an invoice",
      description:
        "The invoice a customer would get for these events: the same code as the real run, so the same amounts. " +
        "A plan may be given inline, its prices with inline metrics, to try a whole pricing idea in one call.",
      body: SimulationInput,
      idempotent: false,
      example: {
        request: {
          customer_id: "cust_abc",
          plan_id: "plan_pro",
          period_start: "2026-02-01T00:00:00Z",
          period_end: "2026-03-01T00:00:00Z",
          simulated_events: [
            { event_type: "api_call", count: 150000 },
            { event_type: "storage", gb: 250 },
          ],
        },
        answer: { ...invoiceExample, id: null, number: null, status: "draft", issued_at: null, due_at: null },
      },
      handler: (ctx) => simulate(services, ctx),
    }),
  ];
}

async function simulate(services: Services, ctx: Context<Static<typeof SimulationInput>> & Caller) {
  const { companyId } = ctx.principal;
  const { body } = ctx;
  refuseLater(body, ["history", "subscription"]);
  const company = await services.companies.meet(companyId);
  if (company === null) throw new BillingError("RES_001", "No such company");
  const { catalog, planId } = planOf(body, company);
  const plan = catalog.currentPlan(planId);
  if (plan === null) throw invalid("plan_id", "names no plan");
  const period = {
    start: instantField("period_start", body.period_start),
    end: instantField("period_end", body.period_end),
  };
  if (period.end <= period.start) throw invalid("period_end", "must lie after period_start");
  const events = body.simulated_events.map((event, index) => eventOf(event, index, period.start));
  const customer = await customerOf(services, ctx, body.customer_id, company, plan.currency);
  const { settings } = company;
  return { payload: simulateInvoice({ catalog, settings, plan, period, companyId, customer, events }) };
}

type Caller = Parameters<typeof existing>[1];

function planOf(
  body: Static<typeof SimulationInput>,
  company: CompanyView,
): { catalog: Catalog; planId: string } {
  if (body.plan !== undefined && body.plan_id !== undefined) throw invalid("plan", "is given beside plan_id");
  if (body.plan_id !== undefined) return { catalog: company.catalog, planId: body.plan_id };
  if (body.plan === undefined) throw invalid("plan_id", "is required");
  const { rows, planId } = triedRows(body.plan, company.catalog);
  return { catalog: buildCatalog([...company.rows, ...rows]), planId };
}

async function customerOf(
  services: Services,
  ctx: Caller,
  ref: string | undefined,
  company: CompanyView,
  currency: string,
) {
  if (ref === undefined) return { id: null, currency, timezone: company.settings.timezone };
  const { id, body } = await existing(services, ctx, "customers", ref);
  return { id, currency: String(body.currency), timezone: String(body.timezone) };
}

function eventOf(event: { event_type: string }, index: number, start: number): SimulatedEvent {
  const at = `simulated_events[${index}]`;
  const { event_type, count, timestamp, ...properties } = event as Record<string, unknown> & {
    event_type: string;
  };
  const fault = propertiesFault(properties);
  if (fault !== null) throw invalid(fault.field.replace("properties", at), fault.reason);
  if (timestamp !== undefined && typeof timestamp !== "string")
    throw invalid(`${at}.timestamp`, "must be a string");
  return {
    eventType: event_type,
    at: timestamp === undefined ? start : instantField(`${at}.timestamp`, timestamp),
    times: count === undefined ? ONE : countOf(count, `${at}.count`),
    properties,
  };
}

function countOf(value: unknown, field: string): Decimal {
  const count = decimalOf(value);
  if (count === null || sign(count) <= 0 || scaleOf(count) > 0 || compare(count, countMax) > 0) {
    throw invalid(field, "must be a whole number from 1 to 10^15");
  }
  return count;
}
