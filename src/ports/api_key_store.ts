import type { Scope } from "../auth/scopes.ts";
import type { Instant } from "../time/instant.ts";
import type { ListPage } from "./documents.ts";
import type { StoredAnswer } from "./stored_rows.ts";

/** An API key as stored: never the key itself. */
export interface ApiKey {
  readonly id: string;
  readonly companyId: string;
  readonly name: string;
  readonly mode: "test" | "live";
  /** Its first characters, to tell keys apart by eye. */
  readonly prefix: string;
  /** SHA-256, hex. */
  readonly hash: string;
  readonly scopes: readonly Scope[];
  /** Addresses or CIDR ranges it may be used from; empty means any. */
  readonly allowedAddresses: readonly string[];
  readonly expiresAt: Instant | null;
  readonly revokedAt: Instant | null;
  /** The user or key that made it. */
  readonly createdBy: string;
  readonly createdAt: Instant;
}

/** API keys. Writes take the answer to keep under an idempotency key, in the same transaction. */
export interface ApiKeyStore {
  create(key: ApiKey, answer: StoredAnswer | null): Promise<void>;
  /** By hash over all companies, or by id within one; revoked ones too. */
  find(
    ref: { readonly hash: string } | { readonly companyId: string; readonly id: string },
  ): Promise<ApiKey | null>;
  /** Newest first; filters `mode` and `name`. */
  list(companyId: string, page: ListPage): Promise<ApiKey[]>;
  /** A key revoked before keeps its first instant. Null where the company has no such key. */
  revoke(companyId: string, id: string, at: Instant): Promise<ApiKey | null>;
}
