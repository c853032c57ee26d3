import { BillingError } from "../../errors.ts";
import type { AuthStore, RefreshToken, SigningKey, User, UserRef } from "../../ports/auth_store.ts";
import type { Instant } from "../../time/instant.ts";
import type { MemoryIdempotencyStore } from "./idempotency_store.ts";
import { listPage } from "./list_page.ts";

interface TokenState {
  readonly token: RefreshToken;
  usedAt: Instant | null;
  revokedAt: Instant | null;
}

/** Users, sessions and signing keys in memory, for tests. */
export function openMemoryAuthStore(answers: MemoryIdempotencyStore): AuthStore {
  const users = new Map<string, User>();
  const tokens = new Map<string, TokenState>();
  const keys = new Map<string, SigningKey[]>();
  const open = (of: RefreshToken): boolean =>
    ![...tokens.values()].some(
      ({ token, revokedAt }) => token.sessionId === of.sessionId && revokedAt !== null,
    );
  const revoke = (at: Instant, which: (token: RefreshToken) => boolean): void => {
    for (const state of tokens.values()) if (which(state.token)) state.revokedAt ??= at;
  };
  return {
    findUser: async (ref) => findUser(users, tokens, ref),
    async saveUser(user, answer) {
      const taken = [...users.values()].some((other) => other.email === user.email && other.id !== user.id);
      if (taken) throw new BillingError("RES_002", "This email address is taken", { field: "email" });
      answers.keep(answer);
      users.set(user.id, user);
    },
    async listUsers(companyId, page) {
      const own = [...users.values()].filter((user) => user.companyId === companyId);
      return listPage(own, page, { role: (user) => user.role, email: (user) => user.email });
    },
    async startSession(token) {
      tokens.set(token.hash, { token, usedAt: null, revokedAt: null });
    },
    async rotate(hash, successor) {
      const state = tokens.get(hash);
      if (state === undefined) return null;
      if (state.usedAt !== null) {
        revoke(successor.createdAt, (token) => token.sessionId === state.token.sessionId);
        return null;
      }
      if (state.token.expiresAt <= successor.createdAt || !open(state.token)) return null;
      state.usedAt = successor.createdAt;
      const next = { ...state.token, ...successor };
      tokens.set(next.hash, { token: next, usedAt: null, revokedAt: null });
      return next;
    },
    async endSessions(companyId, of, at) {
      revoke(at, (token) => {
        const which = "userId" in of ? token.userId === of.userId : token.sessionId === of.sessionId;
        return which && token.companyId === companyId;
      });
    },
    async signingKeys(realm, first) {
      const found = keys.get(realm) ?? [first];
      keys.set(realm, found);
      return found;
    },
  };
}

function findUser(users: ReadonlyMap<string, User>, tokens: ReadonlyMap<string, TokenState>, ref: UserRef) {
  if ("email" in ref) return [...users.values()].find((user) => user.email === ref.email) ?? null;
  let userId: string | undefined;
  if ("userId" in ref) userId = ref.userId;
  else {
    const open = [...tokens.values()].find(
      ({ token, revokedAt }) =>
        token.companyId === ref.companyId && token.sessionId === ref.sessionId && revokedAt === null,
    );
    userId = open?.token.userId;
  }
  const user = users.get(userId ?? "");
  return user?.companyId === ref.companyId ? user : null;
}
