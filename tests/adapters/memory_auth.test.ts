import { openMemoryApiKeyStore } from "../../src/adapters/memory/api_key_store.ts";
import { openMemoryAuthStore } from "../../src/adapters/memory/auth_store.ts";
import { openMemoryIdempotencyStore } from "../../src/adapters/memory/idempotency_store.ts";
import { keyedStoresContract } from "../contracts/api_key_store.ts";
import { authStoreContract } from "../contracts/auth_store.ts";

const companies = { companyA: "co_a", companyB: "co_b" };

authStoreContract("memory", async () => ({
  ...companies,
  store: openMemoryAuthStore(openMemoryIdempotencyStore()),
}));

keyedStoresContract("memory", async () => {
  const answers = openMemoryIdempotencyStore();
  return { ...companies, answers, apiKeys: openMemoryApiKeyStore(answers) };
});
