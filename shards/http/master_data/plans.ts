import { type Static, Type } from "@sinclair/typebox";
import type { CatalogRow } from "../../../src/catalog/catalog.ts";
import { type EntitlementInput, entitlementOf } from "../../../src/catalog/entitlement.ts";
import { type InlinePrice, standalonePrice } from "../../../src/catalog/inline_price.ts";
import { PlanInput, type StoredPlan, storedPlan } from "../../../src/catalog/plan.ts";
import { assert } from "../../../src/errors.ts";
import { compilePrice, type Price, type StoredPrice } from "../../../src/pricing/price.ts";
import { Key } from "../../../src/text.ts";
import type { CompanyView } from "../../companies.ts";
import type { Services } from "../../services.ts";
import type { Route } from "../route.ts";
import { newRow, patched, usableEntry } from "./catalog_entries.ts";
import { catalogRoutes, type Draft, type Editing } from "./catalog_routes.ts";
import { withIds } from "./price_references.ts";

const { key: _key, trial_days, commitment, entitlements, ...changeable } = PlanInput.properties;

const PlanPatch = Type.Object(
  {
    ...Type.Partial(Type.Object(changeable)).properties,
    trial_days: Type.Optional(Type.Union([trial_days, Type.Null()])),
    commitment: Type.Optional(Type.Union([commitment, Type.Null()])),
    entitlements: Type.Optional(Type.Union([entitlements, Type.Null()])),
  },
  { additionalProperties: false, minProperties: 1 },
);
type PlanPatch = Static<typeof PlanPatch>;

const request = {
  key: "plan_pro",
  name: "Pro",
  currency: "USD",
  prices: [
    "output_tokens_standard",
    { key: "pro_base_fee", model: "flat", amount: "49.00", interval: "month" },
  ],
  trial_days: 14,
  commitment: { amount: "1200.00", period: "year" },
  entitlements: [
    { key: "sso", kind: "boolean", value: true },
    { key: "output_tokens", kind: "limit", value: 20000000, metric_id: "output_tokens" },
    { key: "support", kind: "config", value: { channel: "email", hours: 24 } },
  ],
};

const example = {
  request,
  patch: { name: "Pro 2026" },
  answer: {
    id: "plan_01kgb9v400p2q4r6s8t0v2w4x6",
    key: "plan_pro",
    name: "Pro",
    currency: "USD",
    prices: [
      {
        id: "price_01kgb9v400p2q4r6s8t0v2w4x6",
        version: 1,
        key: "output_tokens_standard",
        metric_id: "met_01kgb9v400m3t5r7c9k2p4n6qz",
        currency: "USD",
        model: "graduated",
        tiers: [
          { up_to: "1000000", unit_amount: "0.000015" },
          { up_to: null, unit_amount: "0.000012" },
        ],
        interval: "month",
        interval_count: 1,
        timing: "arrears",
        flat_at_zero: false,
      },
      {
        id: "price_01kgb9v400a3b5c7d9e1f3g5h7",
        version: 1,
        key: "pro_base_fee",
        currency: "USD",
        model: "flat",
        amount: "49",
        interval: "month",
        interval_count: 1,
        timing: "arrears",
        flat_at_zero: false,
      },
    ],
    trial_days: 14,
    commitment: { amount: "1200", period: "year" },
    entitlements: [
      { key: "sso", kind: "boolean", value: true },
      {
        key: "output_tokens",
        kind: "limit",
        value: "20000000",
        metric_id: "met_01kgb9v400m3t5r7c9k2p4n6qz",
      },
      { key: "support", kind: "config", value: { channel: "email", hours: 24 } },
    ],
    version: 1,
    archived: false,
    created_at: "2026-02-01T00:00:00Z",
    updated_at: "2026-02-01T00:00:00Z",
  },
};

/** Plans; API.md §3. */
export function planRoutes(services: Services): Route[] {
  return catalogRoutes(services, {
    kind: "plan",
    collection: "plans",
    input: PlanInput,
    patch: PlanPatch,
    onChange:
      "Subscriptions that run keep their version; new ones start on the new. `prices` replaces the whole list, each " +
      "price in its current version; without it the plan keeps its prices as they are. The key never changes; `null` " +
      "takes `trial_days`, `commitment` or `entitlements` away.",
    filters: { key: Type.Optional(Key), currency: Type.Optional(changeable.currency) },
    example,
    create: async (at, input) => {
      const { prices, parts } = await resolved(at, input);
      return draftOf(await withMetricIds(at, input, []), prices, parts);
    },
    change: async (at, entry, patch) => {
      const before = entry.body as StoredPlan;
      const asked = { ...patched<PlanPatch>({ ...before, prices: [] }, patch), key: before.key } as PlanInput;
      const input = await withMetricIds(at, asked, before.entitlements ?? []);
      if (patch.prices === undefined) return draftOf(input, await pinned(at, before), []);
      const { prices, parts } = await resolved(at, input);
      return draftOf(input, prices, parts);
    },
    fields: (body, company) => {
      const plan = body as StoredPlan;
      return { ...plan, prices: plan.prices.map((pin) => showPrice(pricePinned(company, pin))) };
    },
  });
}

function draftOf(input: PlanInput, prices: readonly Price[], parts: readonly CatalogRow[]): Draft {
  const body = storedPlan(input, prices);
  return { body, key: body.key, parts, fields: { ...body, prices: prices.map(showPrice) } };
}

function showPrice({ id, version, input }: Price): object {
  return { id, version, ...input };
}

/** The plan with ids in place of its entitlements' keys of metrics; those it had before may be archived meanwhile. */
async function withMetricIds(
  { services, companyId }: Editing,
  plan: PlanInput,
  before: readonly EntitlementInput[],
): Promise<PlanInput> {
  if (plan.entitlements === undefined) return plan;
  const known = new Set(before.map((entitlement) => entitlementOf(entitlement).metricId));
  const entitlements: EntitlementInput[] = [];
  for (const [index, entitlement] of plan.entitlements.entries()) {
    if (entitlement.kind !== "limit" || entitlement.metric_id === undefined) {
      entitlements.push(entitlement);
      continue;
    }
    const ref = entitlement.metric_id;
    const field = `entitlements[${index}].metric_id`;
    const id = known.has(ref) ? ref : (await usableEntry(services, companyId, "metric", ref, field)).id;
    entitlements.push({ ...entitlement, metric_id: id });
  }
  return { ...plan, entitlements };
}

/** The prices of a plan's input in their current versions, and the rows of those that are written out in it. */
async function resolved(at: Editing, plan: PlanInput): Promise<{ prices: Price[]; parts: CatalogRow[] }> {
  const prices: Price[] = [];
  const parts: CatalogRow[] = [];
  for (const [index, price] of plan.prices.entries()) {
    const field = `prices[${index}]`;
    if (typeof price === "string") {
      const entry = await usableEntry(at.services, at.companyId, "price", price, field);
      prices.push(compilePrice(entry.id, entry.version, entry.body as StoredPrice));
      continue;
    }
    const own = await inlinePrice(at, price, plan.currency, `${field}.`);
    prices.push(own);
    parts.push(newRow("price", own.id, own.key, own.input, at.now));
  }
  return { prices, parts };
}

async function inlinePrice(at: Editing, price: InlinePrice, currency: string, field: string): Promise<Price> {
  const id = at.services.ids.next("price");
  const read = compilePrice(id, 1, standalonePrice(price, currency), field);
  return compilePrice(id, 1, await withIds(at, read.input, {}, field));
}

async function pinned({ services, companyId }: Editing, plan: StoredPlan): Promise<Price[]> {
  await services.companies.refreshIfStale(companyId);
  const company = await services.companies.meet(companyId);
  assert(company !== null, "a plan's company exists");
  return plan.prices.map((pin) => pricePinned(company, pin));
}

function pricePinned({ catalog }: CompanyView, { id, version }: StoredPlan["prices"][number]): Price {
  const price = catalog.price(id, version);
  assert(price !== null, "a plan's prices are in the catalog");
  return price;
}
