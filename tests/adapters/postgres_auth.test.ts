import { afterAll, beforeAll } from "bun:test";
import { postgresApiKeyStore } from "../../src/adapters/postgres/api_key_store.ts";
import { postgresAuthStore } from "../../src/adapters/postgres/auth_store.ts";
import { postgresIdempotencyStore } from "../../src/adapters/postgres/idempotency_store.ts";
import { keyedStoresContract } from "../contracts/api_key_store.ts";
import { authStoreContract } from "../contracts/auth_store.ts";
import { openTestPostgres, type TestPostgres } from "../postgres.ts";

let postgres: TestPostgres;

beforeAll(async () => {
  postgres = await openTestPostgres();
}, 60_000);

afterAll(() => postgres.close());

/** The two companies again, with nothing of theirs. */
async function emptied() {
  const { owner } = postgres;
  await owner`truncate companies, signing_keys cascade`;
  const companies = { companyA: "co_a", companyB: "co_b" };
  for (const id of Object.values(companies)) {
    await owner`insert into companies (id, name, created_at, updated_at) values (${id}, ${id}, 0, 0)`;
  }
  return companies;
}

authStoreContract("Postgres", async () => ({
  ...(await emptied()),
  store: postgresAuthStore(postgres.requests, postgres.shard),
}));

keyedStoresContract("Postgres", async () => ({
  ...(await emptied()),
  apiKeys: postgresApiKeyStore(postgres.requests, postgres.shard),
  answers: postgresIdempotencyStore(postgres.requests, postgres.shard),
}));
