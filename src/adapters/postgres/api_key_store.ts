import type { Sql } from "postgres";
import type { Scope } from "../../auth/scopes.ts";
import type { ApiKey, ApiKeyStore } from "../../ports/api_key_store.ts";
import { keepAnswer } from "./answers.ts";
import { asCompany } from "./as_company.ts";
import { pageClause } from "./pages.ts";
import { onStore } from "./store_errors.ts";

interface KeyRecord {
  company_id: string;
  id: string;
  name: string;
  mode: "test" | "live";
  prefix: string;
  key_hash: string;
  scopes: Scope[];
  allowed_addresses: string[];
  expires_at: number | null;
  revoked_at: number | null;
  created_by: string;
  created_at: number;
}

/** API keys in Postgres. @param requests a pool of billai_request @param shard one of billai_shard, which sees all */
export function postgresApiKeyStore(requests: Sql, shard: Sql): ApiKeyStore {
  return {
    create: (key, answer) =>
      asCompany(requests, key.companyId, async (tx) => {
        await tx`insert into api_keys ${tx(recordOf(key))}`;
        await keepAnswer(tx, answer);
      }),
    find(ref) {
      if ("hash" in ref) {
        return onStore(async () =>
          firstKey(await shard<KeyRecord[]>`select * from api_keys where key_hash = ${ref.hash}`),
        );
      }
      return asCompany(requests, ref.companyId, async (tx) =>
        firstKey(await tx<KeyRecord[]>`select * from api_keys where id = ${ref.id}`),
      );
    },
    list: (companyId, page) =>
      asCompany(requests, companyId, async (tx) => {
        const rows = await tx<KeyRecord[]>`
          select * from api_keys where ${pageClause(tx, page, "created_at", (field) => tx`${tx(field)}`)}`;
        return rows.map(keyOf);
      }),
    revoke: (companyId, id, at) =>
      asCompany(requests, companyId, async (tx) =>
        firstKey(
          await tx<KeyRecord[]>`
            update api_keys set revoked_at = coalesce(revoked_at, ${at}::bigint) where id = ${id} returning *`,
        ),
      ),
  };
}

function firstKey([row]: readonly KeyRecord[]): ApiKey | null {
  return row === undefined ? null : keyOf(row);
}

function keyOf(row: KeyRecord): ApiKey {
  return {
    id: row.id,
    companyId: row.company_id,
    name: row.name,
    mode: row.mode,
    prefix: row.prefix,
    hash: row.key_hash,
    scopes: row.scopes,
    allowedAddresses: row.allowed_addresses,
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at,
    createdBy: row.created_by,
    createdAt: row.created_at,
  };
}

function recordOf(key: ApiKey) {
  return {
    company_id: key.companyId,
    id: key.id,
    name: key.name,
    mode: key.mode,
    prefix: key.prefix,
    key_hash: key.hash,
    scopes: [...key.scopes],
    allowed_addresses: [...key.allowedAddresses],
    expires_at: key.expiresAt,
    revoked_at: key.revokedAt,
    created_by: key.createdBy,
    created_at: key.createdAt,
  };
}
