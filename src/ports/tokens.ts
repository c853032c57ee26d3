import type { Instant } from "../time/instant.ts";

/** What an access token says: who, of which company, in which session. */
export interface AccessClaims {
  readonly userId: string;
  readonly companyId: string;
  readonly sessionId: string;
  readonly expiresAt: Instant;
}

/** Access tokens of one realm: issuer, audience and signing keys of its own, so no other realm's token passes. */
export interface Tokens {
  sign(claims: AccessClaims, now: Instant): Promise<string>;
  /** Null for a token that is not this realm's, has expired or was tampered with. */
  verify(token: string, now: Instant): Promise<AccessClaims | null>;
  /** The public keys as a JWK set, for others to verify with. */
  publicKeys(): { readonly keys: readonly Readonly<Record<string, unknown>>[] };
}
