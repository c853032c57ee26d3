import type { IdSource } from "../src/ids.ts";
import type { CatalogStore } from "../src/ports/catalog_store.ts";
import type { Clock } from "../src/ports/clock.ts";
import type { ClockStore } from "../src/ports/clock_store.ts";
import type { CompanyStore } from "../src/ports/company_store.ts";
import type { Documents } from "../src/ports/documents.ts";
import type { ClockAdvance } from "./clock_advance.ts";
import type { Companies } from "./companies.ts";
import type { CustomerRefs } from "./customer_refs.ts";
import type { Ingestion } from "./ingest.ts";
import type { Shard } from "./shard.ts";
import type { TestClocks } from "./test_clocks.ts";

/** What the HTTP resources work with; put together once, in wiring. */
export interface Services {
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly shard: Shard;
  readonly ingestion: Ingestion;
  readonly companies: Companies;
  readonly refs: CustomerRefs;
  readonly testClocks: TestClocks;
  readonly clockAdvance: ClockAdvance;
  readonly catalogs: CatalogStore;
  readonly companyStore: CompanyStore;
  readonly documents: Documents;
  readonly clockStore: ClockStore;
}
