import { type SimulatedEvent, simulateInvoice } from "../../../actors/customer/simulate.ts";
import { buildCatalog, type CatalogRow } from "../../../src/catalog/catalog.ts";
import { checkCoupon } from "../../../src/catalog/coupon.ts";
import type { Grant } from "../../../src/credits/grant.ts";
import { DEFAULT_PRIORITY } from "../../../src/credits/grant.ts";
import { BillingError, invalid } from "../../../src/errors.ts";
import { derivedId } from "../../../src/ids.ts";
import type { Invoice } from "../../../src/invoicing/invoice.ts";
import { amountOf } from "../../../src/pricing/amount.ts";
import type { OverrideRequest } from "../../../src/subscriptions/price_override.ts";
import { isTimezone } from "../../../src/time/calendar.ts";
import { type Instant, parseInstant } from "../../../src/time/instant.ts";
import type { Period } from "../../../src/time/period.ts";
import type { CompanyView } from "../../companies.ts";
import type { Services } from "../../services.ts";
import { existing } from "../documents.ts";
import { instantField } from "../fields.ts";
import { simulatedEvents } from "./simulated_events.ts";
import { simulatedHistory } from "./simulated_history.ts";
import { type TriedPlan, triedRows } from "./simulated_plan.ts";
import { type ProductIds, productIdsOf } from "./simulated_products.ts";
import type { SimulationInput, TriedCoupon, TriedGrant } from "./simulation_input.ts";

type Caller = Parameters<typeof existing>[1];
type Body = Omit<SimulationInput, "plan" | "plan_id">;
type Placed = NonNullable<Body["subscription"]>;

/** Everything of a simulation but its plan. */
export interface Simulating {
  readonly company: CompanyView;
  readonly companyId: string;
  readonly body: Body;
  readonly period: Period;
  readonly customer: {
    readonly id: string | null;
    readonly currency: string | null;
    readonly timezone: string;
  };
  readonly events: readonly SimulatedEvent[];
  readonly products: ProductIds;
  /** The plan of the invoice that is run again. */
  readonly ownPlan: string | null;
}

/** Reads what a simulation needs of the store. Throws VAL_001 for what does not fit together, RES_001 for unknown ids. */
export async function prepared(services: Services, ctx: Caller, body: Body): Promise<Simulating> {
  const { companyId } = ctx.principal;
  const company = await services.companies.current(companyId);
  if (company === null) throw new BillingError("RES_001", "No such company");
  const past =
    body.invoice_id === undefined ? null : await existing(services, ctx, "invoices", body.invoice_id);
  const customerRef = body.customer_id ?? (past === null ? undefined : String(past.body.customer_id));
  const customer = await customerOf(services, ctx, customerRef, company, body.subscription?.timezone);
  const period = periodOf(body, past?.body);
  const isReal = body.history === true || past !== null;
  if (isReal && customer.id === null) throw invalid("customer_id", "is required with history");
  const start = body.subscription?.start;
  const from = start === undefined ? period.start : instantField("subscription.start", start);
  const history =
    isReal && customer.id !== null ? await simulatedHistory(services, companyId, customer.id, period) : [];
  const events = simulatedEvents(body.simulated_events ?? [], Math.max(from, period.start));
  return {
    company,
    companyId,
    body,
    period,
    customer,
    events: [...history, ...events],
    products: await productIdsOf(services, companyId, body.subscription),
    ownPlan: past === null ? null : await planOfInvoice(services, ctx, String(past.body.subscription_id)),
  };
}

/** The invoice on one plan, by id or key or written out. `at` names it in errors. */
export function simulated(simulating: Simulating, plan: string | TriedPlan, at: string): Invoice {
  const { company, companyId, body, period, customer, events, products } = simulating;
  const placed: Placed = body.subscription ?? {};
  const tried = typeof plan === "string" ? { rows: [], planId: plan } : triedRows(plan, company.catalog);
  const coupons = couponRows(placed.coupons ?? [], products);
  const catalog = buildCatalog([...company.rows, ...tried.rows, ...coupons.rows]);
  const found = catalog.currentPlan(tried.planId);
  if (found === null) throw invalid(at, "names no plan");
  const currency = customer.currency ?? found.currency;
  return simulateInvoice({
    catalog,
    settings: company.settings,
    plan: found,
    period,
    companyId,
    customer: { ...customer, currency },
    events,
    placement: {
      start: startOf(placed, period),
      anchor: placed.anchor ?? (placed.start === undefined ? "anniversary" : "calendar"),
      quantity: placed.quantity === undefined ? null : amountOf(placed.quantity),
      trialEnd: instantOrNull("subscription.trial_end", placed.trial_end),
      coupons: coupons.ids,
      overrides: (placed.overrides ?? []) as OverrideRequest[],
    },
    credits: (placed.credits ?? []).map((grant, index) => grantOf(grant, index, currency, period, products)),
    taxRate: placed.tax_rate === undefined ? null : amountOf(placed.tax_rate),
  });
}

/** A subscription is placed in time where it says anything about when; else it is as long as the period. */
function startOf(placed: Placed, period: Period): Instant | null {
  if (placed.start !== undefined) return instantField("subscription.start", placed.start);
  return placed.anchor === undefined && placed.trial_end === undefined ? null : period.start;
}

function periodOf(body: Body, past: Readonly<Record<string, unknown>> | undefined): Period {
  const bound = (field: "period_start" | "period_end"): Instant => {
    const text = body[field] ?? past?.[field];
    if (typeof text !== "string") throw invalid(field, "is required");
    return instantField(field, text);
  };
  const period = { start: bound("period_start"), end: bound("period_end") };
  if (period.end <= period.start) throw invalid("period_end", "must lie after period_start");
  return period;
}

async function customerOf(
  services: Services,
  ctx: Caller,
  ref: string | undefined,
  company: CompanyView,
  timezone: string | undefined,
): Promise<Simulating["customer"]> {
  if (timezone !== undefined && !isTimezone(timezone))
    throw invalid("subscription.timezone", "is not an IANA time zone");
  if (ref === undefined) return { id: null, currency: null, timezone: timezone ?? company.settings.timezone };
  const { id, body } = await existing(services, ctx, "customers", ref);
  return { id, currency: String(body.currency), timezone: timezone ?? String(body.timezone) };
}

async function planOfInvoice(services: Services, ctx: Caller, subscriptionId: string): Promise<string> {
  const { body } = await existing(services, ctx, "subscriptions", subscriptionId);
  return String(body.plan_id);
}

function couponRows(
  coupons: readonly (string | TriedCoupon)[],
  products: ProductIds,
): { rows: CatalogRow[]; ids: string[] } {
  const rows: CatalogRow[] = [];
  const ids = coupons.map((coupon, index) => {
    if (typeof coupon === "string") return coupon;
    const id = derivedId("coup", 0, "simulated", String(index));
    const key = coupon.key ?? `coupon_${index}`;
    const named = { ...coupon, key, name: coupon.name ?? key };
    const body = checkCoupon(
      coupon.product_ids === undefined ? named : { ...named, product_ids: coupon.product_ids.map(products) },
      `subscription.coupons[${index}].`,
    );
    rows.push({ kind: "coupon", id, version: 1, key: null, body, created_at: 0, archived: false });
    return id;
  });
  return { rows, ids };
}

function grantOf(
  grant: TriedGrant,
  index: number,
  currency: string,
  period: Period,
  products: ProductIds,
): Grant {
  const amount = amountOf(grant.amount);
  const at = `subscription.credits[${index}].`;
  const effectiveAt =
    grant.effective_at === undefined ? period.start : instantField(`${at}effective_at`, grant.effective_at);
  return {
    id: derivedId("grant", 0, "simulated", String(index)),
    amount,
    remaining: amount,
    currency: grant.currency ?? currency,
    kind: grant.kind ?? "promotional",
    priority: grant.priority ?? DEFAULT_PRIORITY,
    effectiveAt,
    expiresAt: instantOrNull(`${at}expires_at`, grant.expires_at) ?? null,
    productIds: grant.product_ids?.map(products) ?? null,
    createdAt: index,
    rollover: null,
  };
}

function instantOrNull(field: string, text: string | null | undefined): Instant | null | undefined {
  if (text === undefined || text === null) return text;
  const at = parseInstant(text);
  if (at === null) throw invalid(field, "must be an RFC 3339 date-time");
  return at;
}
