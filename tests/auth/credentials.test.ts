import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { argonPasswords } from "../../src/adapters/bun/passwords.ts";
import { systemRandom } from "../../src/adapters/system/random.ts";
import { apiKeyPrefix, hashApiKey, isApiKey, newApiKey } from "../../src/auth/api_key.ts";
import { newUser } from "../../src/auth/new_user.ts";
import { hashRefreshToken, isRefreshToken, newRefreshToken } from "../../src/auth/refresh_token.ts";
import { permissionsOf, roles } from "../../src/auth/roles.ts";
import { keyScopes, scopes } from "../../src/auth/scopes.ts";

const bytes = fc.uint8Array({ minLength: 32, maxLength: 32 });

describe("API keys", () => {
  test("have one shape whatever the bytes, and differ where these do", () => {
    expect(newApiKey("live", () => new Uint8Array(32))).toMatch(/^bk_live_0{43}[0-9A-Za-z]{6}$/);
    expect(newApiKey("test", () => new Uint8Array(32).fill(255))).toMatch(/^bk_test_[0-9A-Za-z]{49}$/);
    fc.assert(
      fc.property(bytes, bytes, (a, b) => {
        const [one, other] = [newApiKey("live", () => a), newApiKey("live", () => b)];
        expect(isApiKey(one)).toBe(true);
        expect(one === other).toBe(Buffer.compare(a, b) === 0);
        expect(hashApiKey(one) === hashApiKey(other)).toBe(one === other);
      }),
    );
  });

  test("a letter changed anywhere is noticed without a look-up", () => {
    const key = newApiKey("live", systemRandom);
    fc.assert(
      fc.property(
        fc.integer({ min: 8, max: key.length - 1 }),
        fc.constantFrom(..."abcXYZ019"),
        (at, letter) => {
          const changed = key.slice(0, at) + letter + key.slice(at + 1);
          expect(isApiKey(changed)).toBe(changed === key);
        },
      ),
    );
    expect(isApiKey(key.replace("bk_live_", "bk_test_"))).toBe(false);
    expect(isApiKey(`${key}x`)).toBe(false);
    expect(apiKeyPrefix(key)).toHaveLength(12);
  });
});

test("refresh tokens have one shape and are stored as hashes", () => {
  const token = newRefreshToken(systemRandom);
  expect(isRefreshToken(token)).toBe(true);
  expect(isRefreshToken(`${token}x`)).toBe(false);
  expect(hashRefreshToken(token)).toMatch(/^[0-9a-f]{64}$/);
});

describe("passwords", () => {
  test("are argon2id, salted, and only the right one matches", async () => {
    const hash = await argonPasswords.hash("correct horse battery");
    expect(hash).toStartWith("$argon2id$v=19$m=19456,t=2,p=1$");
    expect(await argonPasswords.hash("correct horse battery")).not.toBe(hash);
    expect(await argonPasswords.matches("correct horse battery", hash)).toBe(true);
    expect(await argonPasswords.matches("correct horse batterz", hash)).toBe(false);
    expect(await argonPasswords.matches("anything", "no hash")).toBe(false);
    expect(await argonPasswords.matches("", hash)).toBe(false);
  });

  test.each([
    ["x".repeat(11), "must have at least 12 characters"],
    ["x".repeat(1025), "must have at most 1024 characters"],
  ])("of a wrong length are refused", async (password, reason) => {
    const given = {
      id: "user_1",
      companyId: "co_a",
      email: "a@b.c",
      name: null,
      role: "owner",
      operator: false,
    } as const;
    await expect(newUser({ ...given, password }, argonPasswords, 0)).rejects.toMatchObject({
      code: "VAL_001",
      field: "password",
      message: `Validation error: field 'password' ${reason}`,
    });
  });
});

describe("roles", () => {
  test("none may do what no scope names; owners may do everything", () => {
    for (const role of roles) for (const scope of permissionsOf(role)) expect(scopes).toContain(scope);
    expect(permissionsOf("owner")).toEqual(new Set(scopes));
  });

  test("auditors and analysts change nothing; only owners and admins make users", () => {
    for (const role of ["auditor", "analyst"] as const) {
      expect([...permissionsOf(role)].filter((scope) => !scope.endsWith(":read"))).toEqual([]);
    }
    const makers = roles.filter((role) => permissionsOf(role).has("users:write"));
    expect(makers).toEqual(["owner", "admin"]);
  });

  test("no API key can make users or keys", () => {
    for (const scope of ["users:write", "api_keys:write", "companies:write"] as const) {
      expect(keyScopes).not.toContain(scope);
    }
  });
});
