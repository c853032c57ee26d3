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

/** A key as it was last read, in the cache's words and in ours. */
interface ReadKey {
  readonly text: string;
  readonly principal: Principal;
  readonly expiresAt: Instant | null;
  readonly allowedAddresses: readonly string[];
}

/** Tells who makes a request, by access token or API key. */
export class Authenticator {
  readonly #parts: AuthenticatorParts;
  /** What the cache has said of keys, by their hash, so that it need not be read again: it alone says what holds. */
  readonly #read = new Map<string, ReadKey>();

  constructor(parts: AuthenticatorParts) {
    this.#parts = parts;
  }

  /**
   * At once for a key the cache can tell of at once. Throws or rejects with AUTH_001 for credentials that are missing,
   * wrong, expired, revoked or used from elsewhere.
   */
  authenticate(credentials: Credentials, now: Instant): Principal | Promise<Principal> {
    const { authorization, apiKey, address } = credentials;
    return apiKey !== null ? this.#byKey(apiKey, address, now) : this.#byToken(authorization, now);
  }

  async #byToken(authorization: string | null, now: Instant): Promise<Principal> {
    const [, token] = /^Bearer +([\w.-]+)$/i.exec(authorization ?? "") ?? [];
    const claims = token === undefined ? null : await this.#parts.tokens.verify(token, now);
    if (claims === null) throw badCredentials();
    const { companyId, userId, sessionId } = claims;
    const text = await this.#cached(sessionCacheKey(this.#parts.realm, companyId, sessionId), async () => {
      const found = await this.#parts.users.findUser({ companyId, sessionId });
      if (found === null || found.disabledAt !== null || found.id !== userId) return null;
      return { role: found.role, operator: found.operator } satisfies SessionUser;
    });
    if (text === null) throw badCredentials();
    const { role, operator } = JSON.parse(text) as SessionUser;
    return {
      kind: "user",
      id: userId,
      companyId,
      sessionId,
      permissions: permissionsOf(role),
      role,
      operator,
    };
  }

  #byKey(key: string, address: Credentials["address"], now: Instant): Principal | Promise<Principal> {
    const hash = hashApiKey(key);
    // What has been read of it was a key of ours.
    if (!this.#read.has(hash) && !isApiKey(key)) throw badCredentials();
    const text = this.#cached(apiKeyCacheKey(hash), () => this.#usableKey(hash));
    if (text instanceof Promise) return text.then((told) => this.#admit(hash, told, address, now));
    return this.#admit(hash, text, address, now);
  }

  /** @param text what is stored of the key; null where it is none that may be used */
  #admit(hash: string, text: string | null, address: Credentials["address"], now: Instant): Principal {
    if (text === null) throw badCredentials();
    const { principal, expiresAt, allowedAddresses } = this.#reading(hash, text);
    const isHere = allowedAddresses.length === 0 || addressAllowed(address() ?? "", allowedAddresses);
    if (!isHere || (expiresAt !== null && expiresAt <= now)) throw badCredentials();
    return principal;
  }

  #reading(hash: string, text: string): ReadKey {
    const known = this.#read.get(hash);
    if (known?.text === text) return known;
    const { id, companyId, scopes, expiresAt, allowedAddresses } = JSON.parse(text) as UsableKey;
    const principal = {
      ...({ kind: "api_key", id, companyId, sessionId: null, role: null, operator: false } as const),
      permissions: new Set(scopes),
    };
    const read = { text, principal, expiresAt, allowedAddresses };
    this.#read.delete(hash);
    this.#read.set(hash, read);
    const [oldest] = this.#read.keys();
    if (this.#read.size > limits.credentialsKnownMax && oldest !== undefined) this.#read.delete(oldest);
    return read;
  }

  async #usableKey(hash: string): Promise<UsableKey | null> {
    const key = await this.#parts.apiKeys.find({ hash });
    if (key === null || key.revokedAt !== null) return null;
    const { id, companyId, scopes, expiresAt, allowedAddresses } = key;
    return { id, companyId, scopes, expiresAt, allowedAddresses };
  }

  /** As JSON, through the cache for less than a second, which is how soon a revocation is seen. */
  #cached(key: string, load: () => Promise<object | null>): string | Promise<string | null> {
    return this.#parts.cache.through(key, limits.credentialCachedMs, async () => {
      const value = await load();
      return value === null ? null : JSON.stringify(value);
    });
  }
}
