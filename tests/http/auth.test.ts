import { describe, expect, test } from "bun:test";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { newSigningKey, openJoseTokens } from "../../src/adapters/jose/tokens.ts";
import { systemRandom } from "../../src/adapters/system/random.ts";
import { adminRealm } from "../../src/auth/realm.ts";
import { limits } from "../../src/limits.ts";
import { companyA, openFoundation, password } from "./foundation.ts";

const email = "owner@a.example";
const login = "/api/v1/auth/login";
const refresh = "/api/v1/auth/refresh";
const me = "/api/v1/auth/me";

describe("logging in", () => {
  test("answers tokens that say who one is", async () => {
    const { call } = await openFoundation();
    const { status, json, text } = await call("POST", login, {
      body: { email: " Owner@A.example ", password },
    });
    expect(status).toBe(200);
    expect(json.payload).toMatchObject({ token_type: "Bearer", expires_in: 600 });
    expect(json.input).toEqual({ email: " Owner@A.example ", password: "[redacted]" });
    expect(text).not.toContain(password);
    const headers = { Authorization: `Bearer ${json.payload?.access_token}` };
    const who = await call("GET", me, { headers });
    expect(who.json.payload).toMatchObject({ email, company_id: companyA, role: "owner", operator: false });
  });

  test("a wrong password, an unknown and a disabled user are told apart by nothing, work included", async () => {
    const { call, users, addUser, passwords } = await openFoundation();
    const disabled = await addUser("gone@a.example", "admin");
    await users.saveUser({ ...disabled, disabledAt: 1 }, null);
    const tries = [
      { email, password: "wrong" },
      { email: "nobody@a.example", password },
      { email: "gone@a.example", password },
    ];
    const told = [];
    for (const [i, body] of tries.entries()) {
      const { status, json } = await call("POST", login, { body });
      told.push([status, json.error?.code, json.error?.msg]);
      expect(passwords.checks).toBe(i + 1);
    }
    expect(new Set(told.map((one) => JSON.stringify(one))).size).toBe(1);
    expect(told[0]).toEqual([401, "AUTH_001", "Missing or invalid credentials"]);
  });

  test("too many failures make the account wait, from anywhere, until the window ends", async () => {
    const { call, state, clock } = await openFoundation();
    for (let i = 0; i < limits.loginFailuresPerAccount; i += 1) {
      state.address = `203.0.113.${i}`;
      expect((await call("POST", login, { body: { email, password: "wrong" } })).status).toBe(401);
    }
    const { status, json, headers } = await call("POST", login, { body: { email, password } });
    expect([status, json.error?.code, headers.get("retry-after")]).toEqual([429, "REQ_003", "30"]);
    expect((await call("POST", login, { body: { email: "owner@b.example", password } })).status).toBe(200);
    clock.advance(limits.loginWindowMs);
    expect((await call("POST", login, { body: { email, password } })).status).toBe(200);
  });

  test("too many failures make the address wait, whoever it tries", async () => {
    const { call, state } = await openFoundation();
    for (let i = 0; i < limits.loginFailuresPerAddress; i += 1) {
      await call("POST", login, { body: { email: `guess${i}@a.example`, password } });
    }
    expect((await call("POST", login, { body: { email, password } })).status).toBe(429);
    state.address = "198.51.100.1";
    expect((await call("POST", login, { body: { email, password } })).status).toBe(200);
  });

  test("a success clears the account's failures", async () => {
    const { call } = await openFoundation();
    for (let round = 0; round < 2; round += 1) {
      for (let i = 1; i < limits.loginFailuresPerAccount; i += 1) {
        await call("POST", login, { body: { email, password: "wrong" } });
      }
      expect((await call("POST", login, { body: { email, password } })).status).toBe(200);
    }
  });

  test("more at once than can wait are refused", async () => {
    const { call } = await openFoundation();
    const atOnce = limits.passwordChecksAtOnce + limits.passwordChecksWaitingMax;
    const all = Array.from({ length: atOnce + 5 }, () => call("POST", login, { body: { email, password } }));
    const statuses = (await Promise.all(all)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 429)).toHaveLength(5);
    expect(statuses.filter((status) => status === 200)).toHaveLength(atOnce);
  });
});

describe("sessions", () => {
  test("a refresh token works once and gives another", async () => {
    const { call, login } = await openFoundation();
    const first = await login(email);
    const second = await call("POST", refresh, { body: { refresh_token: first.refresh_token } });
    expect(second.status).toBe(200);
    expect(second.json.payload?.refresh_token).not.toBe(first.refresh_token);
    expect(second.text).toContain('"input":{"refresh_token":"[redacted]"}');
    const third = await call("POST", refresh, {
      body: { refresh_token: second.json.payload?.refresh_token },
    });
    expect(third.status).toBe(200);
  });

  test("one used twice ends its whole session, its access tokens within a second", async () => {
    const { call, login, clock } = await openFoundation();
    const first = await login(email);
    const second = await call("POST", refresh, { body: { refresh_token: first.refresh_token } });
    const headers = { Authorization: `Bearer ${second.json.payload?.access_token}` };
    expect((await call("GET", me, { headers })).status).toBe(200);
    expect((await call("POST", refresh, { body: { refresh_token: first.refresh_token } })).status).toBe(401);
    const successor = { refresh_token: second.json.payload?.refresh_token };
    expect((await call("POST", refresh, { body: successor })).status).toBe(401);
    clock.advance(999);
    expect((await call("GET", me, { headers })).status).toBe(401);
    expect((await login(email)).access_token).toBeString();
  });

  test("logging out ends this session at once and no other", async () => {
    const { call, login } = await openFoundation();
    const [one, other] = [await login(email), await login(email)];
    const headers = { Authorization: `Bearer ${one.access_token}` };
    expect((await call("POST", "/api/v1/auth/logout", { headers })).status).toBe(200);
    expect((await call("GET", me, { headers })).status).toBe(401);
    expect((await call("POST", refresh, { body: { refresh_token: one.refresh_token } })).status).toBe(401);
    expect((await call("POST", refresh, { body: { refresh_token: other.refresh_token } })).status).toBe(200);
  });

  test("access ends after ten minutes, refreshing after thirty days", async () => {
    const { call, login, clock } = await openFoundation();
    const { access_token, refresh_token } = await login(email);
    const headers = { Authorization: `Bearer ${access_token}` };
    clock.advance(limits.accessTokenMs - 1000);
    expect((await call("GET", me, { headers })).status).toBe(200);
    clock.advance(1000);
    expect((await call("GET", me, { headers })).status).toBe(401);
    clock.advance(limits.refreshTokenMs);
    expect((await call("POST", refresh, { body: { refresh_token } })).status).toBe(401);
  });

  test("a disabled user and a changed role take effect within a second", async () => {
    const { call, addUser, users, bearer, clock } = await openFoundation();
    const user = await addUser("dev@a.example", "developer");
    const headers = await bearer("dev@a.example");
    const keys = "/api/v1/admin/api-keys";
    expect((await call("GET", keys, { headers })).status).toBe(200);
    await users.saveUser({ ...user, role: "analyst" }, null);
    clock.advance(999);
    expect((await call("GET", keys, { headers })).json.error?.code).toBe("AUTH_006");
    await users.saveUser({ ...user, disabledAt: clock.now() }, null);
    clock.advance(999);
    expect((await call("GET", keys, { headers })).status).toBe(401);
  });
});

describe("tokens that are none of ours", () => {
  const claims = { userId: "user_x", companyId: companyA, sessionId: "s", expiresAt: 1_770_000_600_000 };

  test("the same key under another issuer or audience, or another key under ours", async () => {
    const random = systemRandom;
    const key = await newSigningKey("admin", 0, random);
    const ours = await openJoseTokens(adminRealm, [key]);
    const now = 1_770_000_000_000;
    expect(await ours.verify(await ours.sign(claims, now), now)).toEqual(claims);
    const portal = { name: "portal", issuer: "billai:portal", audience: "billai:portal-api" } as const;
    for (const realm of [portal, { ...adminRealm, issuer: "x" }, { ...adminRealm, audience: "x" }]) {
      const theirs = await openJoseTokens(realm, [key]);
      expect(await ours.verify(await theirs.sign(claims, now), now)).toBeNull();
    }
    const sameId = { ...(await newSigningKey("admin", 0, random)), id: key.id };
    const forged = await openJoseTokens(adminRealm, [sameId]);
    expect(await ours.verify(await forged.sign(claims, now), now)).toBeNull();
  });

  test("after a new signing key the old one's tokens still pass", async () => {
    const [old, young] = [
      await newSigningKey("admin", 0, systemRandom),
      await newSigningKey("admin", 1, systemRandom),
    ];
    const before = await openJoseTokens(adminRealm, [old]);
    const after = await openJoseTokens(adminRealm, [young, old]);
    expect(await after.verify(await before.sign(claims, 0), 0)).toEqual(claims);
    expect(await before.verify(await after.sign(claims, 0), 0)).toBeNull();
  });

  test("alg none, HMAC with the public key, a changed payload, other types: all AUTH_001", async () => {
    const { call, login, tokens } = await openFoundation();
    const { access_token } = await login(email);
    const [head = "", body = "", signature = ""] = access_token.split(".");
    const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const header = JSON.parse(Buffer.from(head, "base64url").toString()) as { kid: string };
    const payload = JSON.parse(Buffer.from(body, "base64url").toString()) as Record<string, string>;
    const publicKey = tokens.publicKeys().keys[0] ?? {};
    const hmac = await new SignJWT(payload)
      .setProtectedHeader({ ...header, alg: "HS256" })
      .sign(new TextEncoder().encode(JSON.stringify(publicKey)));
    const { privateKey } = await generateKeyPair("EdDSA", { crv: "Ed25519", extractable: true });
    const embedded = await new SignJWT(payload)
      .setProtectedHeader({ ...header, alg: "EdDSA", jwk: await exportJWK(privateKey) })
      .sign(privateKey);
    const forgeries = [
      `${encode({ ...header, alg: "none" })}.${body}.`,
      `${encode({ ...header, alg: "none" })}.${body}.${signature}`,
      `${head}.${encode({ ...payload, sub: "user_other" })}.${signature}`,
      `${encode({ ...header, typ: "JWT" })}.${body}.${signature}`,
      `${encode({ ...header, crit: ["x"], x: 1 })}.${body}.${signature}`,
      `${encode("text")}.${body}.${signature}`,
      hmac,
      embedded,
      access_token.slice(0, -2),
      "..",
      "x",
      "",
    ];
    for (const forged of forgeries) {
      const { status, json } = await call("GET", me, { headers: { Authorization: `Bearer ${forged}` } });
      expect([status, json.error?.msg]).toEqual([401, "Missing or invalid credentials"]);
    }
  });

  test("the published keys hold nothing private", async () => {
    const { call } = await openFoundation();
    const { status, text } = await call("GET", "/.well-known/jwks.json");
    const { keys } = JSON.parse(text) as { keys: Record<string, string>[] };
    expect(status).toBe(200);
    expect(Object.keys(keys[0] ?? {}).sort()).toEqual(["alg", "crv", "kid", "kty", "use", "x"]);
  });
});
