import type { CatalogRow } from "../../src/catalog/catalog.ts";
import { newId } from "../../src/ids.ts";
import { partitionOf } from "../../src/partitioning.ts";
import type { CatalogStore } from "../../src/ports/catalog_store.ts";
import type { CompanyStore } from "../../src/ports/company_store.ts";
import type { ActorKey } from "../../src/ports/stored_rows.ts";
import type { OracleMetric, OraclePrice } from "../oracle/prices/case.ts";
import type { Random } from "../oracle/random.ts";
import type { Chances } from "./chances.ts";

/** When every run begins, by the clock of those who have the right time. */
export const BEGINNING = Date.UTC(2026, 0, 30, 9, 30);
/** As many as there are customers for; a real installation has more. */
export const PARTITIONS = [0, 1, 2, 3] as const;
export const COMPANIES = ["co_north", "co_south"] as const;

/** A metered price as the catalog and the oracle have it. */
export interface MeteredPrice {
  readonly eventType: string;
  /** Which property is metered; null where events are counted. */
  readonly field: string | null;
  readonly metric: OracleMetric;
  readonly price: OraclePrice;
}

export const meteredPrices: Readonly<Record<string, MeteredPrice>> = {
  calls: {
    ...{ eventType: "call", field: null, metric: { kind: "count" } },
    price: {
      model: "graduated",
      tiers: [
        { up_to: "10", unit_amount: "1" },
        { up_to: "25", unit_amount: "0.5", flat_amount: "2" },
        { up_to: null, unit_amount: "0.333" },
      ],
    },
  },
  data: {
    ...{ eventType: "data", field: "n", metric: { kind: "sum" } },
    price: { model: "package", package_size: "10", package_amount: "3.07" },
  },
  peak: {
    ...{ eventType: "data", field: "n", metric: { kind: "max" } },
    price: { model: "per_unit", unit_amount: "1.115", included_units: "4" },
  },
  users: {
    ...{ eventType: "call", field: "user", metric: { kind: "unique" } },
    price: {
      model: "volume",
      tiers: [
        { up_to: "3", unit_amount: "5" },
        { up_to: null, unit_amount: "4.01" },
      ],
    },
  },
};

/** Plan by plan the metered prices and a fee: when it is billed, and how often all of it. */
const plans = {
  small: { fee: "20", timing: "arrears", interval: "month", metered: ["calls"] },
  large: { fee: "31.01", timing: "arrears", interval: "month", metered: ["calls", "data", "peak", "users"] },
  early: { fee: "59.03", timing: "advance", interval: "month", metered: ["data", "users"] },
  weekly: { fee: "7.77", timing: "arrears", interval: "week", metered: ["calls", "peak"] },
} as const;

export const planIds = Object.keys(plans);
export const COUPON = "half";

const row = (kind: CatalogRow["kind"], id: string, body: object): CatalogRow => {
  return {
    kind,
    id,
    version: 1,
    key: id,
    body: { key: id, name: id, ...body },
    created_at: 0,
    archived: false,
  };
};

/** Everything the companies sell. */
export const catalogRows: readonly CatalogRow[] = [
  ...Object.entries(meteredPrices).map(([id, { eventType, field, metric }]) => {
    return row("metric", id, {
      ...{ event_type: eventType, aggregation: metric.kind },
      ...(field === null ? {} : { field }),
    });
  }),
  ...Object.entries(plans).flatMap(([id, { fee, timing, interval, metered }]) => {
    const terms = { currency: "USD", interval, interval_count: 1 };
    const prices = metered.map((name) =>
      row("price", `${name}_${id}`, { ...terms, metric_id: name, ...meteredPrices[name]?.price }),
    );
    const flat = row("price", `fee_${id}`, { ...terms, model: "flat", amount: fee, timing });
    const named = [flat, ...prices].map((price) => ({ id: price.id, version: 1 }));
    return [flat, ...prices, row("plan", id, { currency: "USD", prices: named })];
  }),
  row("coupon", COUPON, { percent: "50", duration: "once", max_redemptions: 2 }),
];

export function memoryCatalogs(): Pick<CatalogStore, "load"> {
  return { load: async () => ({ version: 1, rows: [...catalogRows] }) };
}

/** The companies of a run, with settings of its choosing. */
export function memoryCompanies({ settings }: Pick<Chances, "settings">): Pick<CompanyStore, "get" | "list"> {
  const companies = COMPANIES.map((id) => {
    return { id, name: id, settings, catalog_version: 1, created_at: 0, updated_at: 0 };
  });
  return {
    get: async (id) => companies.find((company) => company.id === id) ?? null,
    list: async ({ after }) => (after === null ? companies : []),
  };
}

/** Somebody who is, or will be, a customer. */
export interface Person extends ActorKey {
  readonly externalId: string;
  /** Where its events go as long as nobody knows its name. */
  readonly partition: number;
  /** The test clock it lives by; null for real time. */
  readonly clockId: string | null;
}

/** People whose ids and names all lie on the partitions of a run. */
export function drawPeople(random: Random, { people, hasTestClock }: Chances): Person[] {
  return Array.from({ length: people }, (_, n): Person => {
    const companyId = random.pick(COMPANIES);
    const isHere = (id: string) => partitionOf(companyId, id, 64) < PARTITIONS.length;
    let customerId = "";
    do {
      const bytes = Uint8Array.from({ length: 10 }, () => random.whole(0, 255));
      customerId = newId("cust", BEGINNING, bytes);
    } while (!isHere(customerId));
    let nth = 0;
    while (!isHere(`person ${n} ${nth}`)) nth++;
    const partition = partitionOf(companyId, customerId, 64);
    const clockId = hasTestClock && n === 0 ? "clock_1" : null;
    return { companyId, customerId, externalId: `person ${n} ${nth}`, partition, clockId };
  });
}
