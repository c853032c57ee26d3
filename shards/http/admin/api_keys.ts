import { type Static, Type } from "@sinclair/typebox";
import { parseAddressRange } from "../../../src/auth/addresses.ts";
import { apiKeyPrefix, hashApiKey, newApiKey } from "../../../src/auth/api_key.ts";
import { apiKeyCacheKey } from "../../../src/auth/cache_keys.ts";
import { authorize } from "../../../src/auth/principal.ts";
import { keyScopes } from "../../../src/auth/scopes.ts";
import { BillingError, invalid } from "../../../src/errors.ts";
import type { IdSource } from "../../../src/ids.ts";
import { limits } from "../../../src/limits.ts";
import type { ApiKey, ApiKeyStore } from "../../../src/ports/api_key_store.ts";
import type { Cache } from "../../../src/ports/cache.ts";
import type { RandomBytes } from "../../../src/ports/random.ts";
import { formatInstant, type Instant } from "../../../src/time/instant.ts";
import { instantField } from "../fields.ts";
import { listQuery, pageAnswer, readPage } from "../list.ts";
import { type Answer, type Context, type Route, route } from "../route.ts";

export interface ApiKeyParts {
  readonly store: ApiKeyStore;
  readonly cache: Cache;
  readonly ids: IdSource;
  readonly random: RandomBytes;
}

const Mode = Type.Union([Type.Literal("test"), Type.Literal("live")]);

const KeyInput = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 200 }),
    mode: Type.Optional(Mode),
    scopes: Type.Array(Type.Union(keyScopes.map((scope) => Type.Literal(scope))), {
      minItems: 1,
      uniqueItems: true,
    }),
    expires_at: Type.Optional(Type.String({ format: "date-time" })),
    allowed_addresses: Type.Optional(
      Type.Array(Type.String({ maxLength: 64 }), {
        maxItems: limits.allowedAddressesMax,
        description: "IP addresses or CIDR ranges; none means any",
      }),
    ),
  },
  { additionalProperties: false },
);

const KeyQuery = listQuery({
  mode: Type.Optional(Mode),
  name: Type.Optional(Type.String({ maxLength: 200 })),
});

const path = "/api/v1/admin/api-keys";
const shown = {
  id: "key_01jm5xq0z8e6v0a1b2c3d4e5f6",
  name: "ingestion",
  mode: "live",
  prefix: "bk_live_4fHs",
  scopes: ["events:write", "usage:read"],
  allowed_addresses: ["203.0.113.0/24"],
  expires_at: null,
  revoked_at: null,
  created_by: "user_01jm5xq0z8e6v0a1b2c3d4e5f6",
  created_at: "2026-02-01T00:00:00Z",
};
const request = { name: "ingestion", scopes: shown.scopes, allowed_addresses: shown.allowed_addresses };

/** API keys; API.md §3. */
export function apiKeyRoutes(parts: ApiKeyParts): Route[] {
  return [
    route({
      method: "POST",
      path,
      service: "admin",
      auth: { scopes: ["api_keys:write"] },
      summary: "Create an API key",
      description: "`key` is shown in this answer and never again.",
      body: KeyInput,
      secret: true,
      success: 201,
      example: { request, answer: { ...shown, key: "bk_live_4fHs…" } },
      handler: (ctx) => create(parts, ctx),
    }),
    route({
      method: "GET",
      path,
      service: "admin",
      auth: { scopes: ["api_keys:read"] },
      summary: "List API keys, newest first",
      query: KeyQuery,
      example: { answer: [shown] },
      handler: async (ctx) => {
        const page = readPage(ctx, "api_keys");
        const keys = await parts.store.list(ctx.principal.companyId, page);
        return pageAnswer(ctx, "api_keys", page, keys, (key) => key, show);
      },
    }),
    route({
      method: "GET",
      path: `${path}/:id`,
      service: "admin",
      auth: { scopes: ["api_keys:read"] },
      summary: "Read an API key",
      example: { answer: shown },
      handler: async ({ principal, params }) => {
        const key = await parts.store.find({ companyId: principal.companyId, id: params.id });
        return { payload: show(existing(key)) };
      },
    }),
    route({
      method: "DELETE",
      path: `${path}/:id`,
      service: "admin",
      auth: { scopes: ["api_keys:write"] },
      summary: "Revoke an API key, within a second",
      example: { answer: { ...shown, revoked_at: "2026-03-01T12:00:00Z" } },
      handler: async ({ principal, params, now }) => {
        const key = existing(await parts.store.revoke(principal.companyId, params.id, now));
        await parts.cache.delete(apiKeyCacheKey(key.hash));
        return { payload: show(key) };
      },
    }),
  ];
}

async function create(
  parts: ApiKeyParts,
  ctx: Pick<
    Context<Static<typeof KeyInput>, unknown, Record<never, never>>,
    "body" | "principal" | "now" | "keep"
  >,
): Promise<Answer> {
  const { body, principal, now } = ctx;
  authorize(principal, { scopes: body.scopes }); // nobody gives away more than they have
  const secret = newApiKey(body.mode ?? "live", parts.random);
  const key: ApiKey = {
    id: parts.ids.next("key"),
    companyId: principal.companyId,
    name: body.name,
    mode: body.mode ?? "live",
    prefix: apiKeyPrefix(secret),
    hash: hashApiKey(secret),
    scopes: body.scopes,
    allowedAddresses: checkedAddresses(body.allowed_addresses ?? []),
    expiresAt: body.expires_at === undefined ? null : expiry(body.expires_at, now),
    revokedAt: null,
    createdBy: principal.id,
    createdAt: now,
  };
  const answer = { status: 201, payload: { ...show(key), key: secret } };
  await parts.store.create(key, ctx.keep(answer));
  return answer;
}

function checkedAddresses(addresses: readonly string[]): readonly string[] {
  for (const [i, text] of addresses.entries()) {
    if (parseAddressRange(text) === null) {
      throw invalid(
        `allowed_addresses[${i}]`,
        "must be an IP address or a CIDR range such as 203.0.113.0/24",
      );
    }
  }
  return addresses;
}

function expiry(text: string, now: Instant): Instant {
  const at = instantField("expires_at", text);
  if (at <= now) throw invalid("expires_at", "must be in the future");
  return at;
}

function existing(key: ApiKey | null): ApiKey {
  if (key === null) throw new BillingError("RES_001", "No such API key");
  return key;
}

function show(key: ApiKey) {
  return {
    id: key.id,
    name: key.name,
    mode: key.mode,
    prefix: key.prefix,
    scopes: key.scopes,
    allowed_addresses: key.allowedAddresses,
    expires_at: key.expiresAt === null ? null : formatInstant(key.expiresAt),
    revoked_at: key.revokedAt === null ? null : formatInstant(key.revokedAt),
    created_by: key.createdBy,
    created_at: formatInstant(key.createdAt),
  };
}
