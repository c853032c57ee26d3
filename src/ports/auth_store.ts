import type { Role } from "../auth/roles.ts";
import type { Instant } from "../time/instant.ts";
import type { ListPage } from "./documents.ts";
import type { StoredAnswer } from "./stored_rows.ts";

/** A person who logs in. */
export interface User {
  readonly id: string;
  readonly companyId: string;
  /** Lower case; unique over all companies. */
  readonly email: string;
  readonly name: string | null;
  readonly passwordHash: string;
  readonly role: Role;
  /** Runs the platform: may create companies and see them all. */
  readonly operator: boolean;
  readonly disabledAt: Instant | null;
  readonly createdAt: Instant;
  readonly updatedAt: Instant;
}

/** One refresh token of a session; only its hash is known. */
export interface RefreshToken {
  readonly hash: string;
  readonly sessionId: string;
  readonly companyId: string;
  readonly userId: string;
  readonly createdAt: Instant;
  readonly expiresAt: Instant;
}

/** A signing key or secret of the platform, as its adapter wrote it. */
export interface SigningKey {
  readonly realm: string;
  readonly id: string;
  /** Private: a JWK as JSON text. */
  readonly secret: string;
  readonly createdAt: Instant;
}

export type UserRef =
  | { readonly email: string }
  | { readonly companyId: string; readonly userId: string }
  /** The user of a session that has not ended. */
  | { readonly companyId: string; readonly sessionId: string };

/** Who replaces a refresh token: its successor knows only what its bearer cannot choose. */
export type Successor = Pick<RefreshToken, "hash" | "createdAt" | "expiresAt">;

/** Users, their sessions and the platform's signing keys. */
export interface AuthStore {
  findUser(ref: UserRef): Promise<User | null>;
  /** Creates the user or replaces it, with the answer to keep. Throws RES_002 (`email`) where the address is taken. */
  saveUser(user: User, answer: StoredAnswer | null): Promise<void>;
  /** Newest first; filters `role` and `email`. */
  listUsers(companyId: string, page: ListPage): Promise<User[]>;
  startSession(token: RefreshToken): Promise<void>;
  /**
   * Uses up the token with this hash and stores its successor, in one step. Null where it is unknown, expired or
   * revoked; where it was used before, its whole session ends as well: one of its two bearers stole it.
   */
  rotate(hash: string, successor: Successor): Promise<RefreshToken | null>;
  /** Ends one session, or all of a user, at once. */
  endSessions(companyId: string, of: { sessionId: string } | { userId: string }, at: Instant): Promise<void>;
  /** The realm's keys, newest first; stores `first` where there is none, also when two processes start at once. */
  signingKeys(realm: string, first: SigningKey): Promise<SigningKey[]>;
}
