import { limits } from "../limits.ts";
import type { ApiKey, ApiKeyStore } from "../ports/api_key_store.ts";
import type { AuthStore, User } from "../ports/auth_store.ts";
import type { Cache } from "../ports/cache.ts";
import type { Tokens } from "../ports/tokens.ts";
import type { Instant } from "../time/instant.ts";
import { addressAllowed } from "./addresses.ts";
import { hashApiKey, isApiKey } from "./api_key.ts";
import { apiKeyCacheKey, sessionCacheKey } from "./cache_keys.ts";
import { badCredentials, type Principal } from "./principal.ts";
import { permissionsOf } from "./roles.ts";

/** What a request brings to prove who makes it; `address` gives null where the connection has none. */
export interface Credentials {
  readonly authorization: string | null;
  readonly apiKey: string | null;
  readonly address: () => string | null;
}

export interface AuthenticatorParts {
  readonly users: AuthStore;
  readonly apiKeys: ApiKeyStore;
  readonly tokens: Tokens;
  readonly cache: Cache;
  readonly realm: string;
}

type SessionUser = Pick<User, "role" | "operator">;
type UsableKey = Pick<ApiKey, "id" | "companyId" | "scopes" | "expiresAt" | "allowedAddresses">;

/** Tells who makes a request, by access token or API key. */
export class Authenticator {
  readonly #parts: AuthenticatorParts;

  constructor(parts: AuthenticatorParts) {
    this.#parts = parts;
  }

  /** Throws AUTH_001 for credentials that are missing, wrong, expired, revoked or used from elsewhere. */
  async authenticate(credentials: Credentials, now: Instant): Promise<Principal> {
    const { authorization, apiKey, address } = credentials;
    const principal =
      apiKey !== null ? await this.#byKey(apiKey, address, now) : await this.#byToken(authorization, now);
    if (principal === null) throw badCredentials();
    return principal;
  }

  async #byToken(authorization: string | null, now: Instant): Promise<Principal | null> {
    const [, token] = /^Bearer +([\w.-]+)$/i.exec(authorization ?? "") ?? [];
    if (token === undefined) return null;
    const claims = await this.#parts.tokens.verify(token, now);
    if (claims === null) return null;
    const { companyId, userId, sessionId } = claims;
    const user = await this.#cached(sessionCacheKey(this.#parts.realm, companyId, sessionId), async () => {
      const found = await this.#parts.users.findUser({ companyId, sessionId });
      if (found === null || found.disabledAt !== null || found.id !== userId) return null;
      return { role: found.role, operator: found.operator } satisfies SessionUser;
    });
    if (user === null) return null;
    const permissions = permissionsOf(user.role);
    return {
      kind: "user",
      id: userId,
      companyId,
      sessionId,
      permissions,
      role: user.role,
      operator: user.operator,
    };
  }

  async #byKey(key: string, address: Credentials["address"], now: Instant): Promise<Principal | null> {
    if (!isApiKey(key)) return null;
    const hash = hashApiKey(key);
    const found = await this.#cached(apiKeyCacheKey(hash), () => this.#usableKey(hash));
    if (found === null || (found.expiresAt !== null && found.expiresAt <= now)) return null;
    if (found.allowedAddresses.length > 0 && !addressAllowed(address() ?? "", found.allowedAddresses))
      return null;
    const permissions = new Set(found.scopes);
    const { id, companyId } = found;
    return { kind: "api_key", id, companyId, sessionId: null, permissions, role: null, operator: false };
  }

  async #usableKey(hash: string): Promise<UsableKey | null> {
    const key = await this.#parts.apiKeys.find({ hash });
    if (key === null || key.revokedAt !== null) return null;
    const { id, companyId, scopes, expiresAt, allowedAddresses } = key;
    return { id, companyId, scopes, expiresAt, allowedAddresses };
  }

  /** Through the cache for less than a second, which is how soon a revocation is seen. */
  async #cached<T>(key: string, load: () => Promise<T | null>): Promise<T | null> {
    const text = await this.#parts.cache.through(key, limits.credentialCachedMs, async () => {
      const value = await load();
      return value === null ? null : JSON.stringify(value);
    });
    return text === null ? null : (JSON.parse(text) as T);
  }
}
