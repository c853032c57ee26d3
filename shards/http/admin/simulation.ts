import { invalid } from "../../../src/errors.ts";
import type { Invoice } from "../../../src/invoicing/invoice.ts";
import { currencyExponent } from "../../../src/money/currency.ts";
import { decimal, formatFixed, sub } from "../../../src/money/decimal.ts";
import type { Services } from "../../services.ts";
import { invoiceExample } from "../invoicing/example.ts";
import { type Route, route } from "../route.ts";
import { discountExamples } from "./simulation_examples/discounts.ts";
import { metricExamples } from "./simulation_examples/metrics.ts";
import { modelExamples } from "./simulation_examples/models.ts";
import { periodExamples } from "./simulation_examples/periods.ts";
import { ComparisonInput, SimulationInput } from "./simulation_input.ts";
import { prepared, type Simulating, simulated } from "./simulation_run.ts";

const about =
  "The invoice a customer would get for these events: the same code as the real run, so the same amounts, and " +
  "nothing is stored. A plan may be given inline, its prices with inline metrics, coupons and credit in the same " +
  "way, to try a whole pricing idea in one call.";

const answer = { ...invoiceExample, id: null, number: null, status: "draft", issued_at: null, due_at: null };

const documented = {
  customer_id: "cust_abc",
  plan_id: "plan_pro",
  period_start: "2026-02-01T00:00:00Z",
  period_end: "2026-03-01T00:00:00Z",
  simulated_events: [
    { event_type: "api_call", count: 150000 },
    { event_type: "storage", gb: 250 },
  ],
};

/** The documented invoice simulation, and the same for several plans side by side. */
export function simulationRoutes(services: Services): Route[] {
  const common = { method: "POST", service: "admin", auth: { scopes: ["invoices:read"] } } as const;
  return [
    route({
      ...common,
      path: "/api/v1/admin/simulation/invoice",
      summary: "Simulate an invoice",
      description: about,
      body: SimulationInput,
      idempotent: false,
      example: {
        request: documented,
        answer,
        examples: {
          "The documented request": { request: documented, answer },
          ...modelExamples,
          ...metricExamples,
          ...discountExamples,
          ...periodExamples,
        },
      },
      handler: async (ctx) => {
        const { plan, plan_id, ...rest } = ctx.body;
        if (plan !== undefined && plan_id !== undefined) throw invalid("plan", "is given beside plan_id");
        const simulating = await prepared(services, ctx, rest);
        const chosen = plan ?? plan_id ?? simulating.ownPlan;
        if (chosen === null) throw invalid("plan_id", "is required");
        return { payload: simulated(simulating, chosen, plan === undefined ? "plan_id" : "plan") };
      },
    }),
    route({
      ...common,
      path: "/api/v1/admin/simulation/compare",
      summary: "Simulate an invoice on several plans at once",
      description: `${about} The events are read once; \`difference\` is to the total of the first plan.`,
      body: ComparisonInput,
      idempotent: false,
      example: {
        request: {
          plans: [
            "plan_pro",
            { key: "flat_only", currency: "USD", prices: [{ model: "flat", amount: "99" }] },
          ],
          period_start: "2026-02-01T00:00:00Z",
          period_end: "2026-03-01T00:00:00Z",
          simulated_events: [{ event_type: "api_call", count: 150000 }],
        },
        answer: [
          { plan: "plan_pro", invoice: answer, difference: "0.00" },
          { plan: "flat_only", invoice: answer, difference: "12.50" },
        ],
      },
      handler: async (ctx) => {
        const { plans, ...rest } = ctx.body;
        const simulating = await prepared(services, ctx, rest);
        return { payload: compared(simulating, plans) };
      },
    }),
  ];
}

function compared(simulating: Simulating, plans: readonly Parameters<typeof simulated>[1][]) {
  const invoices = plans.map((plan, index) => simulated(simulating, plan, `plans[${index}]`));
  return invoices.map((invoice, index) => ({
    plan: nameOf(plans[index], index),
    invoice,
    difference: differenceTo(invoices[0], invoice),
  }));
}

function nameOf(plan: Parameters<typeof simulated>[1] | undefined, index: number): string {
  return typeof plan === "string" ? plan : (plan?.key ?? `plans[${index}]`);
}

/** Null between two currencies. */
function differenceTo(first: Invoice | undefined, invoice: Invoice): string | null {
  if (first === undefined || first.currency !== invoice.currency) return null;
  const places = currencyExponent(invoice.currency) ?? 0;
  return formatFixed(sub(decimal(invoice.total), decimal(first.total)), places);
}
