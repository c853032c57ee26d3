import { limits } from "../limits.ts";
import type { AuthStore, User } from "../ports/auth_store.ts";
import type { Cache } from "../ports/cache.ts";
import type { Passwords } from "../ports/passwords.ts";
import type { RandomBytes } from "../ports/random.ts";
import type { RateLimiter } from "../ports/rate_limiter.ts";
import type { Tokens } from "../ports/tokens.ts";
import type { Instant } from "../time/instant.ts";
import { sessionCacheKey } from "./cache_keys.ts";
import { LoginThrottle } from "./login_throttle.ts";
import { PasswordGate } from "./password_gate.ts";
import { badCredentials } from "./principal.ts";
import { hashRefreshToken, isRefreshToken, newRefreshToken } from "./refresh_token.ts";

/** What a login answers; API.md §3. */
export interface IssuedTokens {
  readonly access_token: string;
  readonly refresh_token: string;
  readonly token_type: "Bearer";
  /** Seconds the access token is good for. */
  readonly expires_in: number;
}

export interface SessionParts {
  readonly store: AuthStore;
  readonly tokens: Tokens;
  readonly passwords: Passwords;
  readonly cache: Cache;
  readonly limiter: RateLimiter;
  readonly random: RandomBytes;
  readonly realm: string;
}

/** Logins of one realm: password in, tokens out, kept alive by a refresh token that changes with every use. */
export class Sessions {
  readonly #parts: SessionParts;
  readonly #throttle: LoginThrottle;
  readonly #gate = new PasswordGate();
  #dummyHash: Promise<string> | null = null;

  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.#throttle = new LoginThrottle(parts.limiter, parts.realm);
  }

  /**
   * Starts a session. Throws AUTH_001 whatever is wrong, after the same work whether the user exists or not, and
   * REQ_003 after too many failures.
   */
  async login(email: string, password: string, address: string, now: Instant): Promise<IssuedTokens> {
    const account = normalizeEmail(email);
    const user = await this.#gate.pass(() => this.#checkPassword(account, password, address));
    return this.open(user, now);
  }

  /** Starts a session for a user proven already. */
  async open(user: User, now: Instant): Promise<IssuedTokens> {
    const refresh = newRefreshToken(this.#parts.random);
    const session = {
      hash: hashRefreshToken(refresh),
      sessionId: Buffer.from(this.#parts.random(16)).toString("base64url"),
      companyId: user.companyId,
      userId: user.id,
      createdAt: now,
      expiresAt: now + limits.refreshTokenMs,
    };
    await this.#parts.store.startSession(session);
    return this.#issue(session, refresh, now);
  }

  /** Changes a refresh token for new tokens. Throws AUTH_001; a token used twice ends its session. */
  async refresh(token: string, now: Instant): Promise<IssuedTokens> {
    if (!isRefreshToken(token)) throw badCredentials();
    const successor = newRefreshToken(this.#parts.random);
    const used = await this.#parts.store.rotate(hashRefreshToken(token), {
      hash: hashRefreshToken(successor),
      createdAt: now,
      expiresAt: now + limits.refreshTokenMs,
    });
    if (used === null) throw badCredentials();
    const user = await this.#parts.store.findUser({ companyId: used.companyId, userId: used.userId });
    if (user === null || user.disabledAt !== null) throw badCredentials();
    return this.#issue(used, successor, now);
  }

  /** Ends the session: its refresh token at once, its access tokens within a second. */
  async logout(companyId: string, sessionId: string, now: Instant): Promise<void> {
    await this.#parts.store.endSessions(companyId, { sessionId }, now);
    await this.#parts.cache.delete(sessionCacheKey(this.#parts.realm, companyId, sessionId));
  }

  async #checkPassword(email: string, password: string, address: string): Promise<User> {
    await this.#throttle.check(email, address);
    const user = await this.#parts.store.findUser({ email });
    const known = user !== null && user.disabledAt === null ? user : null;
    const matches = await this.#parts.passwords.matches(
      password,
      known?.passwordHash ?? (await this.#dummy()),
    );
    if (known === null || !matches) {
      await this.#throttle.failed(email, address);
      throw badCredentials();
    }
    await this.#throttle.succeeded(email);
    return known;
  }

  /** A hash nobody has the password of, so that an unknown user costs what a known one does. */
  #dummy(): Promise<string> {
    this.#dummyHash ??= this.#parts.passwords.hash(newRefreshToken(this.#parts.random));
    return this.#dummyHash;
  }

  async #issue(
    session: { companyId: string; userId: string; sessionId: string },
    refresh: string,
    now: Instant,
  ): Promise<IssuedTokens> {
    const { companyId, userId, sessionId } = session;
    const claims = { companyId, userId, sessionId, expiresAt: now + limits.accessTokenMs };
    return {
      access_token: await this.#parts.tokens.sign(claims, now),
      refresh_token: refresh,
      token_type: "Bearer",
      expires_in: limits.accessTokenMs / 1000,
    };
  }
}

/** Addresses are compared without case and surrounding space. */
export function normalizeEmail(email: string): string {
  return email.trim().toLowerCase();
}
