import { postgresCatalogStore } from "../../src/adapters/postgres/catalog_store.ts";
import { postgresDocuments } from "../../src/adapters/postgres/documents.ts";
import { postgresOrphanStore } from "../../src/adapters/postgres/orphans.ts";
import { postgresShardStore } from "../../src/adapters/postgres/shard_store.ts";
import { type OrphanStoreSubject, orphanStoreContract } from "../contracts/orphan_store.ts";
import { company, otherCompany } from "../contracts/shard_batches.ts";
import { openTestPostgres } from "../postgres.ts";

orphanStoreContract("the orphan store in Postgres", async (): Promise<OrphanStoreSubject> => {
  const { owner, requests, shard, close } = await openTestPostgres();
  await owner`
    insert into companies (id, name, created_at, updated_at)
    select id, id, 0, 0 from unnest(${[company, otherCompany]}::text[]) as id`;
  return {
    orphans: postgresOrphanStore(requests, shard),
    store: postgresShardStore(shard),
    catalogs: postgresCatalogStore(requests),
    read: (companyId, id) => postgresDocuments(requests).getOrphan(companyId, id),
    close,
  };
});
