import type { Sql, TransactionSql } from "postgres";
import type { Role } from "../../auth/roles.ts";
import { BillingError } from "../../errors.ts";
import type { AuthStore, SigningKey, User, UserRef } from "../../ports/auth_store.ts";
import { keepAnswer } from "./answers.ts";
import { asCompany } from "./as_company.ts";
import { pageClause } from "./pages.ts";
import { endSessions, rotate, sessionOpen, startSession } from "./refresh_tokens.ts";
import { errorCode, onStore } from "./store_errors.ts";

interface UserRecord {
  company_id: string;
  id: string;
  email: string;
  name: string | null;
  password_hash: string;
  role: Role;
  operator: boolean;
  disabled_at: number | null;
  created_at: number;
  updated_at: number;
}

/**
 * Users, sessions and signing keys in Postgres. Logging in knows no company yet, so it reads as billai_shard.
 * @param requests a pool of billai_request @param shard one of billai_shard
 */
export function postgresAuthStore(requests: Sql, shard: Sql): AuthStore {
  return {
    findUser: (ref) => onStore(() => findUser(shard, ref)),
    saveUser: (user, answer) =>
      asCompany(requests, user.companyId, async (tx) => {
        await saveUser(tx, user);
        await keepAnswer(tx, answer);
      }),
    listUsers: (companyId, page) =>
      asCompany(requests, companyId, async (tx) => {
        const rows = await tx<UserRecord[]>`
          select * from users where ${pageClause(tx, page, "created_at", (field) => tx`${tx(field)}`)}`;
        return rows.map(userOf);
      }),
    startSession: (token) => onStore(() => startSession(shard, token)),
    rotate: (hash, successor) => onStore(() => rotate(shard, hash, successor)),
    endSessions: (companyId, of, at) => onStore(() => endSessions(shard, companyId, of, at)),
    signingKeys: (realm, first) => onStore(() => signingKeys(shard, realm, first)),
  };
}

async function findUser(shard: Sql, ref: UserRef): Promise<User | null> {
  let rows: UserRecord[];
  if ("email" in ref) rows = await shard<UserRecord[]>`select * from users where email = ${ref.email}`;
  else if ("userId" in ref) {
    rows = await shard<UserRecord[]>`
      select * from users where company_id = ${ref.companyId} and id = ${ref.userId}`;
  } else {
    rows = await shard<UserRecord[]>`
      select u.* from users u where u.company_id = ${ref.companyId} and exists (
        select from refresh_tokens t where t.company_id = u.company_id and t.user_id = u.id
          and t.session_id = ${ref.sessionId} and ${sessionOpen(shard)})`;
  }
  const [row] = rows;
  return row === undefined ? null : userOf(row);
}

/** Creates the user or replaces it. Throws RES_002 (`email`) where the address is taken. */
export async function saveUser(tx: TransactionSql, user: User): Promise<void> {
  const record = {
    company_id: user.companyId,
    id: user.id,
    email: user.email,
    name: user.name,
    password_hash: user.passwordHash,
    role: user.role,
    operator: user.operator,
    disabled_at: user.disabledAt,
    created_at: user.createdAt,
    updated_at: user.updatedAt,
  };
  try {
    await tx`
      insert into users ${tx(record)} on conflict (company_id, id) do update set
        email = excluded.email, name = excluded.name, password_hash = excluded.password_hash, role = excluded.role,
        operator = excluded.operator, disabled_at = excluded.disabled_at, updated_at = excluded.updated_at`;
  } catch (error) {
    if (errorCode(error) !== "23505") throw error;
    throw new BillingError("RES_002", "This email address is taken", { field: "email" });
  }
}

async function signingKeys(shard: Sql, realm: string, first: SigningKey): Promise<SigningKey[]> {
  const read = async (): Promise<SigningKey[]> => {
    const rows = await shard<{ id: string; secret: string; created_at: number }[]>`
      select id, secret, created_at from signing_keys where realm = ${realm} order by generation desc`;
    return rows.map((row) => ({ realm, id: row.id, secret: row.secret, createdAt: row.created_at }));
  };
  const kept = await read();
  if (kept.length > 0) return kept;
  await shard`
    insert into signing_keys (realm, generation, id, secret, created_at)
    values (${realm}, 1, ${first.id}, ${first.secret}, ${first.createdAt}) on conflict do nothing`;
  return read();
}

function userOf(row: UserRecord): User {
  return {
    id: row.id,
    companyId: row.company_id,
    email: row.email,
    name: row.name,
    passwordHash: row.password_hash,
    role: row.role,
    operator: row.operator,
    disabledAt: row.disabled_at,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
