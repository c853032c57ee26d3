import type { Fragment, Sql, TransactionSql } from "postgres";
import type { RefreshToken, Successor } from "../../ports/auth_store.ts";
import type { Instant } from "../../time/instant.ts";
import { transaction } from "./transaction.ts";

interface TokenRecord {
  company_id: string;
  session_id: string;
  user_id: string;
}

/** Stores the first token of a session, and forgets those of the user that have expired. */
export async function startSession(shard: Sql, token: RefreshToken): Promise<void> {
  await shard`
    delete from refresh_tokens
    where company_id = ${token.companyId} and user_id = ${token.userId} and expires_at <= ${token.createdAt}`;
  await shard`
    insert into refresh_tokens (company_id, token_hash, session_id, user_id, created_at, expires_at)
    values (${token.companyId}, ${token.hash}, ${token.sessionId}, ${token.userId}, ${token.createdAt}, ${token.expiresAt})`;
}

/** Uses a token up and stores its successor; ends the session of one used before. */
export function rotate(shard: Sql, hash: string, successor: Successor): Promise<RefreshToken | null> {
  const now = successor.createdAt;
  return transaction(shard, async (tx) => {
    // One update decides between two bearers of the same token: the second finds it used.
    const [used] = await tx<TokenRecord[]>`
      update refresh_tokens t set used_at = ${now}
      where token_hash = ${hash} and used_at is null and expires_at > ${now} and ${sessionOpen(tx)} returning *`;
    if (used === undefined) {
      await tx`
        update refresh_tokens set revoked_at = ${now} where revoked_at is null and (company_id, session_id) in (
          select company_id, session_id from refresh_tokens where token_hash = ${hash} and used_at is not null)`;
      return null;
    }
    const { company_id: companyId, session_id: sessionId, user_id: userId } = used;
    const next = { ...successor, companyId, sessionId, userId };
    await tx`
      insert into refresh_tokens (company_id, token_hash, session_id, user_id, created_at, expires_at)
      values (${companyId}, ${next.hash}, ${sessionId}, ${userId}, ${now}, ${next.expiresAt})`;
    return next;
  });
}

/**
 * That the session of token row `t` has not ended. One revoked token ends it, for a successor may be on its way in
 * while the others are revoked.
 */
export function sessionOpen(sql: Sql | TransactionSql): Fragment {
  return sql`not exists (
    select from refresh_tokens r
    where r.company_id = t.company_id and r.session_id = t.session_id and r.revoked_at is not null)`;
}

/** Ends one session or all of a user. */
export async function endSessions(
  shard: Sql,
  companyId: string,
  of: { sessionId: string } | { userId: string },
  at: Instant,
): Promise<void> {
  const which = "userId" in of ? shard`user_id = ${of.userId}` : shard`session_id = ${of.sessionId}`;
  await shard`
    update refresh_tokens set revoked_at = ${at} where company_id = ${companyId} and ${which} and revoked_at is null`;
}
