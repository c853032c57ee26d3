import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { openApp, type TestApp } from "./app.ts";

let app: TestApp;
beforeAll(async () => {
  app = await openApp();
}, 60_000);
afterAll(async () => {
  await app.close();
  expect(app.troubles).toEqual([]);
});

const companies = "/api/v1/admin/companies";
const users = "/api/v1/admin/users";
const password = "a long pass phrase";

const login = (email: string, secret: string) =>
  app.send("")("POST", "/api/v1/auth/login", { email, password: secret });

describe("companies", () => {
  test("are made by the operator, with an admin who can log in", async () => {
    const { call } = app.atlas;
    const body = {
      name: "Cirrus",
      admin_email: "Ada@Cirrus.example",
      admin_password: password,
      settings: { base_currency: "EUR", invoice_prefix: "CIR" },
    };
    const made = await call("POST", companies, body, "company");
    expect(made.status).toBe(201);
    expect(made.payload).toMatchObject({
      name: "Cirrus",
      settings: { base_currency: "EUR", invoice_prefix: "CIR", payment_terms_days: 30, timezone: "UTC" },
    });
    expect(made.text).not.toContain(password);
    expect((await call("POST", companies, body, "company")).text).toBe(made.text);

    const { payload } = await login("ada@cirrus.example", password);
    const admin = app.send(`Bearer ${payload.access_token}`);
    expect((await admin("GET", "/api/v1/auth/me")).payload).toMatchObject({
      company_id: made.id,
      operator: false,
    });
    expect((await admin("GET", `${companies}/${made.id}`)).payload).toEqual(made.payload);
    expect((await admin("POST", companies, body)).error?.code).toBe("AUTH_006");
  });

  test("are seen all by the operator, and by others only their own", async () => {
    const own = await app.borea.call("GET", companies);
    expect(own.rows.map((row) => row.id)).toEqual([app.borea.id]);
    expect((await app.borea.call("GET", `${companies}/${app.atlas.id}`)).error?.code).toBe("RES_001");
    const change = await app.borea.call("PATCH", `${companies}/${app.atlas.id}`, { name: "x" });
    expect(change.error?.code).toBe("RES_001");
    expect((await app.atlas.call("GET", `${companies}/${app.borea.id}`)).payload).toMatchObject({
      name: "borea",
    });

    const seen: unknown[] = [];
    for (let next: string | null = ""; next !== null; ) {
      const { rows, page } = await app.atlas.call("GET", `${companies}?limit=1${next && `&cursor=${next}`}`);
      seen.push(...rows.map((row) => row.name));
      next = page?.next_cursor ?? null;
    }
    expect(seen.slice(0, 2)).toEqual(["atlas", "borea"]);
    expect((await app.atlas.call("GET", `${companies}?name=borea`)).rows).toMatchObject([
      { id: app.borea.id },
    ]);
  });

  test("change their settings one by one", async () => {
    const { call, id } = await app.company("delta");
    await call("PATCH", `${companies}/${id}`, { settings: { payment_terms_days: 14 } });
    const told = await call("PATCH", `${companies}/${id}`, {
      name: "Delta",
      settings: { timezone: "Asia/Tokyo" },
    });
    expect(told.payload).toMatchObject({
      name: "Delta",
      settings: { payment_terms_days: 14, timezone: "Asia/Tokyo", base_currency: "USD" },
    });
    expect((await call("GET", `${companies}/${id}`)).payload).toEqual(told.payload);
  });

  test("lose no setting when several change at once", async () => {
    const { call, id } = await app.company("epsilon");
    const settings = {
      payment_terms_days: 7,
      invoice_grace_seconds: 60,
      invoice_prefix: "EPS",
      max_event_age_days: 90,
    };
    await Promise.all(
      Object.entries(settings).map(([name, value]) =>
        call("PATCH", `${companies}/${id}`, { settings: { [name]: value } }),
      ),
    );
    expect((await call("GET", `${companies}/${id}`)).payload).toMatchObject({ settings });
  });

  test("refuse what is not right, naming the field", async () => {
    const { call } = app.atlas;
    const good = { name: "x", admin_email: "x@x.example", admin_password: password };
    for (const [body, code, field] of [
      [{ ...good, admin_password: "short" }, "VAL_001", "admin_password"],
      [{ ...good, admin_email: "nobody" }, "VAL_001", "admin_email"],
      [{ ...good, settings: { base_currency: "XXZ" } }, "VAL_001", "settings.base_currency"],
      [{ ...good, settings: { timezone: "Mars/Olympus" } }, "VAL_001", "settings.timezone"],
      [{ ...good, settings: { payment_terms_days: -1 } }, "VAL_001", "settings.payment_terms_days"],
      [{ ...good, settings: { colour: "red" } }, "VAL_001", "settings.colour"],
      [{ ...good, admin_email: "owner@borea.example" }, "RES_002", "admin_email"],
    ] as const) {
      const told = await call("POST", companies, body);
      expect([body, told.error?.code, told.error?.field]).toEqual([body, code, field]);
    }
    expect((await call("GET", `${companies}?name=x`)).rows).toEqual([]);
  });
});

describe("users", () => {
  test("are created, listed, given another role and password, and disabled", async () => {
    const { call } = app.atlas;
    const made = await call("POST", users, {
      email: "Grace@Atlas.example",
      password,
      role: "finance",
      name: "Grace",
    });
    expect([made.status, made.payload]).toEqual([
      201,
      expect.objectContaining({
        email: "grace@atlas.example",
        role: "finance",
        name: "Grace",
        disabled: false,
      }),
    ]);
    expect(made.text).not.toContain(password);
    expect((await call("GET", `${users}/${made.id}`)).payload).toEqual(made.payload);
    expect((await call("GET", `${users}?role=finance`)).rows).toEqual([made.payload]);
    expect((await call("GET", `${users}?email=GRACE@atlas.example`)).rows).toEqual([made.payload]);

    const session = (await login("grace@atlas.example", password)).payload;
    const grace = app.send(`Bearer ${session.access_token}`);
    expect((await grace("GET", users)).error?.code).toBe("AUTH_006");
    const next = "another pass phrase";
    const changed = await call("PATCH", `${users}/${made.id}`, { role: "auditor", password: next });
    expect(changed.payload).toMatchObject({ role: "auditor", id: made.id });
    const { refresh_token } = session;
    expect((await grace("POST", "/api/v1/auth/refresh", { refresh_token })).error?.code).toBe("AUTH_001");
    expect((await login("grace@atlas.example", password)).error?.code).toBe("AUTH_001");
    expect((await login("grace@atlas.example", next)).status).toBe(200);

    expect((await call("PATCH", `${users}/${made.id}`, { disabled: true })).payload.disabled).toBe(true);
    expect((await login("grace@atlas.example", next)).error?.code).toBe("AUTH_001");
    expect((await call("PATCH", `${users}/${made.id}`, { disabled: false })).payload.disabled).toBe(false);
    expect((await login("grace@atlas.example", next)).status).toBe(200);
  });

  test("nobody shuts themselves out", async () => {
    const { call, owner } = app.atlas;
    for (const body of [{ role: "auditor" }, { disabled: true }]) {
      const told = await call("PATCH", `${users}/${owner.id}`, body);
      expect([told.status, told.error?.code]).toEqual([409, "RES_002"]);
    }
    expect((await call("PATCH", `${users}/${owner.id}`, { name: "Ada" })).payload.name).toBe("Ada");
  });

  test("refuse what is not right, and other companies' users", async () => {
    const { call } = app.atlas;
    const good = { email: "new@atlas.example", password, role: "analyst" };
    for (const [body, code, field] of [
      [{ ...good, password: "short" }, "VAL_001", "password"],
      [{ ...good, role: "king" }, "VAL_001", "role"],
      [{ ...good, operator: true }, "VAL_001", "operator"],
      [{ ...good, email: "OWNER@borea.example" }, "RES_002", "email"],
    ] as const) {
      const told = await call("POST", users, body);
      expect([body, told.error?.code, told.error?.field]).toEqual([body, code, field]);
    }
    const { id } = app.borea.owner;
    expect((await call("GET", `${users}/${id}`)).error?.code).toBe("RES_001");
    expect((await call("PATCH", `${users}/${id}`, { name: "x" })).error?.code).toBe("RES_001");
    const once = await call("POST", users, good, "user-once");
    expect((await call("POST", users, good, "user-once")).text).toBe(once.text);
  });
});

describe("health", () => {
  test("is told in detail to those who may know", async () => {
    const told = await app.atlas.call("GET", "/api/v1/admin/health");
    expect(told.payload).toMatchObject({
      status: "healthy",
      dependencies: {
        database: { status: "ok", embedded: true },
        cache: { status: "ok" },
        message_broker: { status: "ok" },
      },
      event_log_lag: 0,
      versions: { bun: Bun.version },
    });
    expect((await app.send("")("GET", "/api/v1/admin/health")).error?.code).toBe("AUTH_001");
  });
});
