import { Type } from "@sinclair/typebox";
import { apiKeyRoutes } from "../../shards/http/admin/api_keys.ts";
import { type App, type AppParts, buildApps } from "../../shards/http/app.ts";
import { jwksRoutes } from "../../shards/http/auth/jwks.ts";
import { meRoutes } from "../../shards/http/auth/me.ts";
import { sessionRoutes } from "../../shards/http/auth/session_routes.ts";
import { openCursors } from "../../shards/http/cursor.ts";
import { type Health, healthOf } from "../../shards/http/health.ts";
import { RateLimits } from "../../shards/http/rate_limits.ts";
import type { Route } from "../../shards/http/route.ts";
import type { ServiceName } from "../../shards/http/services.ts";
import { newSigningKey, openJoseTokens } from "../../src/adapters/jose/tokens.ts";
import { openMemoryApiKeyStore } from "../../src/adapters/memory/api_key_store.ts";
import { openMemoryAuthStore } from "../../src/adapters/memory/auth_store.ts";
import { openMemoryCache } from "../../src/adapters/memory/cache.ts";
import { openMemoryIdempotencyStore } from "../../src/adapters/memory/idempotency_store.ts";
import { openMemoryRateLimiter } from "../../src/adapters/memory/rate_limiter.ts";
import { openIdSource } from "../../src/adapters/system/id_source.ts";
import { manualClock } from "../../src/adapters/system/manual_clock.ts";
import { systemRandom } from "../../src/adapters/system/random.ts";
import { Authenticator } from "../../src/auth/authenticator.ts";
import { newUser } from "../../src/auth/new_user.ts";
import { adminRealm } from "../../src/auth/realm.ts";
import type { Role } from "../../src/auth/roles.ts";
import { type IssuedTokens, Sessions } from "../../src/auth/sessions.ts";
import type { Passwords } from "../../src/ports/passwords.ts";

export const companyA = "co_a";
export const companyB = "co_b";
export const password = "correct horse battery";

/** Hashes that cost nothing and count how often a password was checked. */
export function cheapPasswords(): Passwords & { checks: number } {
  return {
    checks: 0,
    hash: async (text) => `hash of ${text}`,
    async matches(text, hash) {
      this.checks += 1;
      return hash === `hash of ${text}`;
    },
  };
}

/** A body with all that validation meets: money, discriminated unions, lists, open objects. */
export const Thing = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 50 }),
    note: Type.Optional(Type.Union([Type.String(), Type.Null()])),
    prices: Type.Optional(
      Type.Array(
        Type.Union([
          Type.Object(
            { model: Type.Literal("flat"), amount: Type.Integer({ minimum: 0 }) },
            { additionalProperties: false },
          ),
          Type.Object(
            {
              model: Type.Literal("per_unit"),
              unit_amount: Type.Integer(),
              interval: Type.Optional(Type.Union([Type.Literal("month"), Type.Literal("year")])),
            },
            { additionalProperties: false },
          ),
          Type.String({ minLength: 3 }),
        ]),
        { maxItems: 3 },
      ),
    ),
    metadata: Type.Optional(Type.Object({}, { additionalProperties: true })),
  },
  { additionalProperties: false },
);

export type Foundation = Awaited<ReturnType<typeof openFoundation>>;

/** The real HTTP foundation with the auth routes, over stores in memory, on a clock that stands still. */
export async function openFoundation(more: readonly Route[] = []) {
  const clock = manualClock(1_770_000_000_000);
  const ids = openIdSource(clock);
  const answers = openMemoryIdempotencyStore();
  const users = openMemoryAuthStore(answers);
  const apiKeys = openMemoryApiKeyStore(answers);
  const cache = openMemoryCache(clock);
  const limiter = openMemoryRateLimiter(clock);
  const passwords = cheapPasswords();
  const tokens = await openJoseTokens(adminRealm, [await newSigningKey("admin", clock.now(), systemRandom)]);
  const common = { tokens, cache, realm: adminRealm.name };
  const sessions = new Sessions({ ...common, limiter, store: users, passwords, random: systemRandom });
  const reports: Readonly<Record<string, unknown>>[] = [];
  const state = { address: "203.0.113.7" as string | null, health: healthOf(allWell) };
  const parts: AppParts = {
    clock,
    ids,
    authenticator: new Authenticator({ ...common, users, apiKeys }),
    idempotency: answers,
    rates: new RateLimits(limiter, limiter),
    cursors: openCursors(systemRandom(32)),
    report: (line) => reports.push(line),
    addressOf: () => state.address,
    forwarding: null,
    health: async () => state.health,
    routes: [
      ...sessionRoutes(sessions),
      ...meRoutes(users),
      ...jwksRoutes(tokens),
      ...apiKeyRoutes({ store: apiKeys, cache, ids, random: systemRandom }),
      ...more,
    ],
  };
  const apps = buildApps(parts);
  const addUser = async (email: string, role: Role, companyId = companyA, operator = false) => {
    const id = ids.next("user");
    const user = await newUser(
      { id, companyId, email, name: null, role, operator, password },
      passwords,
      clock.now(),
    );
    await users.saveUser(user, null);
    return user;
  };
  await addUser("owner@a.example", "owner");
  await addUser("owner@b.example", "owner", companyB);
  const call = caller(apps);
  const login = async (email: string): Promise<IssuedTokens> => {
    const { json } = await call("POST", "/api/v1/auth/login", { body: { email, password } });
    return json.payload as unknown as IssuedTokens;
  };
  const bearer = async (email = "owner@a.example") => ({
    Authorization: `Bearer ${(await login(email)).access_token}`,
  });
  return {
    clock,
    users,
    apiKeys,
    answers,
    cache,
    limiter,
    passwords,
    tokens,
    state,
    reports,
    parts,
    apps,
    addUser,
    call,
    login,
    bearer,
  };
}

const allWell: Health["dependencies"] = { database: "ok", cache: "ok", message_broker: "ok" };

interface CallOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** An object is sent as JSON, text and bytes as they are. */
  readonly body?: unknown;
  readonly port?: ServiceName | "front";
}

function caller(apps: ReadonlyMap<ServiceName | "front", App>) {
  return async (method: string, path: string, options: CallOptions = {}) => {
    const { body, headers = {}, port = "front" } = options;
    const asIs = typeof body === "string" || body instanceof Uint8Array;
    const sent = body === undefined ? {} : { body: asIs ? (body as string) : JSON.stringify(body) };
    const app = apps.get(port);
    if (app === undefined) throw new Error(`no app ${port}`);
    const response = await app(
      new Request(`http://localhost${path}`, { method, headers: { ...headers }, ...sent }),
    );
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, json: asJson(text) };
  };
}

/** An answer as tests look into it; empty where the text is no JSON. */
export interface Wire {
  readonly success?: boolean;
  readonly error?: {
    readonly code: string;
    readonly msg: string;
    readonly field?: string;
    readonly request_id: string;
  };
  readonly payload?: Readonly<Record<string, unknown>>;
  readonly page?: { readonly next_cursor: string | null; readonly has_more: boolean };
  readonly input?: unknown;
}

function asJson(text: string): Wire {
  try {
    return JSON.parse(text) as Wire;
  } catch {
    return {};
  }
}
