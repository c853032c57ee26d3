import { describe, expect, test } from "bun:test";
import type { AuthStore, RefreshToken, User } from "../../src/ports/auth_store.ts";
import type { ListPage } from "../../src/ports/documents.ts";

/** An empty store in which two companies exist. */
export interface AuthStoreSubject {
  readonly store: AuthStore;
  readonly companyA: string;
  readonly companyB: string;
}

const firstPage: ListPage = { limit: 10, after: null, filters: {}, created: {} };

/** What every store of users, sessions and signing keys promises; src/ports/auth_store.ts. */
export function authStoreContract(name: string, open: () => Promise<AuthStoreSubject>): void {
  describe(`${name}: users`, () => {
    test("are found by address, by id and by open session, and by no other company", async () => {
      const { store, companyA, companyB } = await open();
      const ada = user(companyA, 1);
      await store.saveUser(ada, null);
      await store.startSession(token(ada, "s1", "h1"));
      expect(await store.findUser({ email: ada.email })).toEqual(ada);
      expect(await store.findUser({ companyId: companyA, userId: ada.id })).toEqual(ada);
      expect(await store.findUser({ companyId: companyA, sessionId: "s1" })).toEqual(ada);
      expect(await store.findUser({ email: "other@example.com" })).toBeNull();
      expect(await store.findUser({ companyId: companyB, userId: ada.id })).toBeNull();
      expect(await store.findUser({ companyId: companyB, sessionId: "s1" })).toBeNull();
      expect(await store.findUser({ companyId: companyA, sessionId: "s2" })).toBeNull();
    });

    test("change in place", async () => {
      const { store, companyA } = await open();
      const ada = user(companyA, 1);
      await store.saveUser(ada, null);
      const changed: User = {
        ...ada,
        name: "Ada",
        role: "auditor",
        operator: true,
        disabledAt: 7,
        updatedAt: 8,
      };
      await store.saveUser(changed, null);
      expect(await store.findUser({ email: ada.email })).toEqual(changed);
    });

    test("an address belongs to one, whatever the company", async () => {
      const { store, companyA, companyB } = await open();
      await store.saveUser(user(companyA, 1), null);
      const thief = { ...user(companyB, 2), email: user(companyA, 1).email };
      await expect(store.saveUser(thief, null)).rejects.toMatchObject({ code: "RES_002", field: "email" });
      expect(await store.findUser({ companyId: companyB, userId: thief.id })).toBeNull();
    });

    test("are listed newest first, page by page, one company's only", async () => {
      const { store, companyA, companyB } = await open();
      const own = [1, 2, 3, 4, 5].map((n) => user(companyA, n));
      for (const one of [...own, user(companyB, 6)]) await store.saveUser(one, null);
      const idsOf = async (page: Partial<ListPage>) =>
        (await store.listUsers(companyA, { ...firstPage, ...page })).map(({ id }) => id);
      const newest = own.map(({ id }) => id).reverse();
      expect(await idsOf({})).toEqual(newest);
      expect(await idsOf({ limit: 2 })).toEqual(newest.slice(0, 2));
      const after = { createdAt: 1004, id: newest[1] ?? "" };
      expect(await idsOf({ limit: 2, after })).toEqual(newest.slice(2, 4));
      expect(await idsOf({ filters: { role: "owner" } })).toEqual(newest);
      expect(await idsOf({ filters: { role: "admin" } })).toEqual([]);
      expect(await idsOf({ created: { gt: 1001, lte: 1003 } })).toEqual(newest.slice(2, 4));
    });
  });

  describe(`${name}: sessions`, () => {
    test("a token is used once, and its successor follows", async () => {
      const { store, companyA } = await open();
      const ada = user(companyA, 1);
      await store.saveUser(ada, null);
      await store.startSession(token(ada, "s1", "h1"));
      const next = await store.rotate("h1", successor("h2", 100));
      expect(next).toEqual({ ...token(ada, "s1", "h2"), createdAt: 100, expiresAt: 1100 });
      expect(await store.rotate("h2", successor("h3", 200))).toMatchObject({ hash: "h3", sessionId: "s1" });
      expect(await store.rotate("unknown", successor("h4", 200))).toBeNull();
    });

    test("used twice, even at the same moment, it ends its session and no other", async () => {
      const { store, companyA } = await open();
      const ada = user(companyA, 1);
      await store.saveUser(ada, null);
      await store.startSession(token(ada, "s1", "h1"));
      await store.startSession(token(ada, "s2", "other"));
      const both = await Promise.all([
        store.rotate("h1", successor("h2", 10)),
        store.rotate("h1", successor("h3", 10)),
      ]);
      expect(both.filter((one) => one !== null)).toHaveLength(1);
      for (const hash of ["h2", "h3"]) expect(await store.rotate(hash, successor(`${hash}+`, 20))).toBeNull();
      expect(await store.findUser({ companyId: companyA, sessionId: "s1" })).toBeNull();
      expect(await store.rotate("other", successor("other2", 20))).not.toBeNull();
    });

    test("an expired token is worth nothing", async () => {
      const { store, companyA } = await open();
      const ada = user(companyA, 1);
      await store.saveUser(ada, null);
      await store.startSession(token(ada, "s1", "h1"));
      expect(await store.rotate("h1", successor("h2", 1000))).toBeNull();
      expect(await store.rotate("h1", successor("h3", 999))).not.toBeNull();
    });

    test("ending one or all of a user ends these and no others", async () => {
      const { store, companyA, companyB } = await open();
      const [ada, bob] = [user(companyA, 1), user(companyA, 2)];
      for (const one of [ada, bob]) await store.saveUser(one, null);
      for (const session of ["s1", "s2", "s3"]) await store.startSession(token(ada, session, session));
      await store.startSession(token(bob, "s4", "s4"));
      const alive = async () => {
        const found = ["s1", "s2", "s3", "s4"].map((sessionId) =>
          store.findUser({ companyId: companyA, sessionId }),
        );
        return (await Promise.all(found)).map((one) => one !== null);
      };
      await store.endSessions(companyB, { sessionId: "s1" }, 5);
      expect(await alive()).toEqual([true, true, true, true]);
      await store.endSessions(companyA, { sessionId: "s1" }, 5);
      expect(await alive()).toEqual([false, true, true, true]);
      expect(await store.rotate("s1", successor("s1+", 6))).toBeNull();
      await store.endSessions(companyA, { userId: ada.id }, 5);
      expect(await alive()).toEqual([false, false, false, true]);
    });
  });

  test(`${name}: the first signing key of a realm stays, also when several come at once`, async () => {
    const { store } = await open();
    const key = (id: string, realm = "admin") => ({ realm, id, secret: `{"d":"${id}"}`, createdAt: 1 });
    const found = await Promise.all([
      store.signingKeys("admin", key("a")),
      store.signingKeys("admin", key("b")),
    ]);
    expect(found[0]).toHaveLength(1);
    expect(found[1]).toEqual(found[0] ?? []);
    expect(await store.signingKeys("portal", key("c", "portal"))).toEqual([key("c", "portal")]);
  });
}

function user(companyId: string, n: number): User {
  const common = { role: "owner", operator: false, disabledAt: null, name: null } as const;
  const at = 1000 + n;
  const id = `user_${n}`;
  return {
    ...common,
    id,
    companyId,
    email: `u${n}@example.com`,
    passwordHash: `h${n}`,
    createdAt: at,
    updatedAt: at,
  };
}

function token(of: User, sessionId: string, hash: string): RefreshToken {
  return { hash, sessionId, companyId: of.companyId, userId: of.id, createdAt: 1, expiresAt: 1000 };
}

function successor(hash: string, at: number) {
  return { hash, createdAt: at, expiresAt: at + 1000 };
}
