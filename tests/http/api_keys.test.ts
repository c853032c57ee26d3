import { describe, expect, test } from "bun:test";
import { systemRandom } from "../../src/adapters/system/random.ts";
import { isApiKey, newApiKey } from "../../src/auth/api_key.ts";
import { limits } from "../../src/limits.ts";
import { type Foundation, openFoundation } from "./foundation.ts";

const path = "/api/v1/admin/api-keys";
const me = "/api/v1/auth/me";

async function create(foundation: Foundation, body: Record<string, unknown>, key?: string) {
  const headers = {
    ...(await foundation.bearer()),
    ...(key === undefined ? {} : { "Idempotency-Key": key }),
  };
  return foundation.call("POST", path, { body: { name: "k", scopes: ["events:write"], ...body }, headers });
}

async function use(foundation: Foundation, key: unknown, target = me) {
  const { status, json } = await foundation.call("GET", target, { headers: { "X-API-Key": String(key) } });
  return [status, json.error?.code ?? "ok"];
}

describe("API keys", () => {
  test("a new one is shown once and allows what it says", async () => {
    const foundation = await openFoundation();
    const { status, json } = await create(foundation, {
      mode: "test",
      scopes: ["events:write", "usage:read"],
    });
    const { key, id } = json.payload ?? {};
    expect(status).toBe(201);
    expect(isApiKey(String(key))).toBe(true);
    expect(json.payload?.prefix).toBe(String(key).slice(0, 12));
    expect(String(key)).toStartWith("bk_test_");
    expect(await use(foundation, key)).toEqual([200, "ok"]);
    expect(await use(foundation, key, path)).toEqual([403, "AUTH_006"]);
    const headers = await foundation.bearer();
    const shown = await foundation.call("GET", `${path}/${id}`, { headers });
    expect(shown.json.payload).toMatchObject({ id, name: "k", revoked_at: null });
    expect(shown.text + (await foundation.call("GET", path, { headers })).text).not.toContain(String(key));
  });

  test("wrong, misspelt and missing ones are told apart by nothing", async () => {
    const foundation = await openFoundation();
    const good = String((await create(foundation, {})).json.payload?.key);
    const swapped = `${good.slice(0, -1)}${good.endsWith("a") ? "b" : "a"}`;
    const told = new Set<string>();
    for (const key of [newApiKey("live", systemRandom), swapped, "bk_live_", "x", ""]) {
      const { status, json } = await foundation.call("GET", me, { headers: { "X-API-Key": key } });
      told.add(`${status} ${json.error?.code} ${json.error?.msg}`);
    }
    const { status, json } = await foundation.call("GET", me);
    told.add(`${status} ${json.error?.code} ${json.error?.msg}`);
    expect([...told]).toEqual(["401 AUTH_001 Missing or invalid credentials"]);
  });

  test("revoking takes effect at once here, and within a second where it was cached", async () => {
    const foundation = await openFoundation();
    const { key, id } = (await create(foundation, {})).json.payload ?? {};
    expect(await use(foundation, key)).toEqual([200, "ok"]);
    const headers = await foundation.bearer();
    const revoked = await foundation.call("DELETE", `${path}/${id}`, { headers });
    expect(revoked.json.payload?.revoked_at).toBeString();
    expect(await use(foundation, key)).toEqual([401, "AUTH_001"]);

    const other = (await create(foundation, {})).json.payload ?? {};
    expect(await use(foundation, other.key)).toEqual([200, "ok"]);
    await foundation.apiKeys.revoke("co_a", String(other.id), foundation.clock.now()); // by another process
    foundation.clock.advance(limits.credentialCachedMs);
    expect(await use(foundation, other.key)).toEqual([401, "AUTH_001"]);
    expect(limits.credentialCachedMs).toBeLessThan(1000);
  });

  test("one ends at its expiry, cached or not", async () => {
    const foundation = await openFoundation();
    const expires_at = new Date(foundation.clock.now() + 500).toISOString();
    const { key } = (await create(foundation, { expires_at })).json.payload ?? {};
    expect(await use(foundation, key)).toEqual([200, "ok"]);
    foundation.clock.advance(500);
    expect(await use(foundation, key)).toEqual([401, "AUTH_001"]);
  });

  test("one bound to addresses works from nowhere else", async () => {
    const foundation = await openFoundation();
    const { key } =
      (await create(foundation, { allowed_addresses: ["203.0.113.0/24", "2001:db8::/32"] })).json.payload ??
      {};
    for (const [address, status] of [
      ["203.0.113.7", 200],
      ["::ffff:203.0.113.7", 200],
      ["2001:db8:1::1", 200],
      ["203.0.114.7", 401],
      ["2001:db9::1", 401],
      [null, 401],
    ] as const) {
      foundation.state.address = address;
      expect((await use(foundation, key))[0]).toBe(status);
    }
  });

  test.each([
    [{ scopes: [] }, "scopes"],
    [{ scopes: ["events:write", "everything"] }, "scopes[1]"],
    [{ scopes: ["users:write"] }, "scopes[0]"],
    [{ scopes: ["events:write", "events:write"] }, "scopes"],
    [{ name: "" }, "name"],
    [{ mode: "prod" }, "mode"],
    [{ expires_at: "2020-01-01T00:00:00Z" }, "expires_at"],
    [{ expires_at: "tomorrow" }, "expires_at"],
    [{ allowed_addresses: ["203.0.113.7", "203.0.113.0/33"] }, "allowed_addresses[1]"],
    [{ allowed_addresses: ["localhost"] }, "allowed_addresses[0]"],
    [{ key: "mine" }, "key"],
  ])("refuses %j", async (body, field) => {
    const { status, json } = await create(await openFoundation(), body);
    expect([status, json.error?.code, json.error?.field]).toEqual([400, "VAL_001", field]);
  });

  test("nobody gives away more than they have", async () => {
    const foundation = await openFoundation();
    await foundation.addUser("dev@a.example", "developer");
    const headers = await foundation.bearer("dev@a.example");
    const body = { name: "k", scopes: ["invoices:write"] };
    expect((await foundation.call("POST", path, { body, headers })).json.error?.code).toBe("AUTH_006");
    const own = { name: "k", scopes: ["metrics:write"] };
    expect((await foundation.call("POST", path, { body: own, headers })).status).toBe(201);
  });

  test("another company's key is not there", async () => {
    const foundation = await openFoundation();
    const { id } = (await create(foundation, {})).json.payload ?? {};
    const headers = await foundation.bearer("owner@b.example");
    for (const method of ["GET", "DELETE"]) {
      const { status, json } = await foundation.call(method, `${path}/${id}`, { headers });
      expect([status, json.error?.code]).toEqual([404, "RES_001"]);
    }
    expect((await foundation.call("GET", path, { headers })).json.payload as unknown).toEqual([]);
  });

  test("the answer is replayed, though its secret is kept only encrypted", async () => {
    const foundation = await openFoundation();
    const kept: string[] = [];
    const { keep } = foundation.answers;
    foundation.answers.keep = (answer) => {
      if (answer !== null) kept.push(answer.body);
      keep(answer);
    };
    const first = await create(foundation, {}, "k1");
    const again = await create(foundation, {}, "k1");
    expect(again.text).toBe(first.text);
    expect(again.headers.get("idempotent-replayed")).toBe("true");
    expect(kept).toHaveLength(1);
    expect(kept[0]).not.toContain("bk_live_");
    const headers = await foundation.bearer();
    expect((await foundation.call("GET", path, { headers })).json.payload).toHaveLength(1);
  });
});

describe("lists", () => {
  test("pages hold everything once, newest first", async () => {
    const foundation = await openFoundation();
    const headers = await foundation.bearer();
    for (let i = 0; i < 60; i += 1) {
      const body = { name: `k${i}`, scopes: ["events:write"] };
      await foundation.call("POST", path, { body, headers });
      if (i % 7 === 0) foundation.clock.advance(1);
    }
    const names: unknown[] = [];
    let query = "";
    for (let pages = 1; ; pages += 1) {
      const { json } = await foundation.call("GET", `${path}?${query}`, { headers });
      const rows = json.payload as unknown as { name: string }[];
      names.push(...rows.map(({ name }) => name));
      const cursor = json.page?.next_cursor ?? null;
      expect(json.page?.has_more).toBe(cursor !== null);
      if (cursor === null) {
        expect(pages).toBe(3);
        break;
      }
      query = `cursor=${cursor}`;
    }
    expect(names).toEqual(Array.from({ length: 60 }, (_, i) => `k${59 - i}`));
  });

  test("filters and ranges of creation", async () => {
    const foundation = await openFoundation();
    const headers = await foundation.bearer();
    const from = new Date(foundation.clock.now() + 1000).toISOString();
    for (const name of ["a", "b", "b"]) {
      await create(foundation, { name });
      foundation.clock.advance(1000);
    }
    const count = async (query: string) => {
      const { json } = await foundation.call("GET", `${path}?${query}`, { headers });
      return (json.payload as unknown as unknown[]).length;
    };
    expect(await count("name=b")).toBe(2);
    expect(await count("name=b&mode=test")).toBe(0);
    expect(await count(`created_at[gte]=${from}`)).toBe(2);
    expect(await count(`created_at[gt]=${from}`)).toBe(1);
    expect(await count(`created_at[lt]=${from}`)).toBe(1);
    expect(await count(`created_at[lte]=${from}`)).toBe(2);
  });

  test("a forged, foreign or cut cursor is VAL_001", async () => {
    const foundation = await openFoundation();
    const headers = await foundation.bearer();
    await create(foundation, {});
    await create(foundation, {});
    const { json } = await foundation.call("GET", `${path}?limit=1`, { headers });
    const cursor = String(json.page?.next_cursor);
    const bytes = Buffer.from(cursor, "base64url");
    const flipped = Array.from(bytes, (_, i) => {
      const copy = Buffer.from(bytes);
      copy[i] = (copy[i] ?? 0) ^ 1;
      return copy.toString("base64url");
    });
    const others = [
      "",
      "x",
      cursor.slice(0, -1),
      `${cursor}AA`,
      "%00",
      Buffer.alloc(40).toString("base64url"),
    ];
    for (const bad of [...flipped, ...others]) {
      const answer = await foundation.call("GET", `${path}?limit=1&cursor=${bad}`, { headers });
      expect([answer.status, answer.json.error?.field]).toEqual([400, "cursor"]);
    }
    const foreign = await foundation.bearer("owner@b.example");
    expect((await foundation.call("GET", `${path}?cursor=${cursor}`, { headers: foreign })).status).toBe(400);
    expect((await foundation.call("GET", `${path}?cursor=${cursor}`, { headers })).status).toBe(200);
  });
});
