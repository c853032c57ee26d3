import { afterAll, beforeAll, expect, test } from "bun:test";
import fc from "fast-check";
import { allRoutes } from "../../shards/http/resources.ts";
import { openApp, type TestApp } from "./app.ts";

let app: TestApp;
beforeAll(async () => {
  app = await openApp();
}, 60_000);
afterAll(async () => {
  await app.close();
  expect(app.troubles).toEqual([]);
});

/** Values that look right in the wrong place, beside arbitrary ones. */
const value = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom<unknown>(
    "",
    " ",
    "0",
    "-1",
    "1e400",
    1e300,
    -0,
    null,
    [],
    {},
    [[]],
    "2026-02-30T00:00:00Z",
  ),
  fc.constantFrom<unknown>(
    "USD",
    "flat",
    "graduated",
    "count",
    "output_tokens",
    "plan_pro",
    "prod_",
    "\ud83d\ude00",
  ),
);

/** An example with some field somewhere replaced, removed or added. */
function spoiled(example: unknown): fc.Arbitrary<unknown> {
  if (typeof example !== "object" || example === null) return value;
  const names = Object.keys(example);
  return fc
    .tuple(fc.constantFrom(...names, "extra", "__proto__"), value, fc.nat(3))
    .chain(([name, replacement, how]) => {
      const inner = (example as Record<string, unknown>)[name];
      const put = (item: unknown) => {
        if (Array.isArray(example)) return example.map((old, i) => (String(i) === name ? item : old));
        return { ...example, [name]: item };
      };
      if (how === 0)
        return fc.constant(Object.fromEntries(Object.entries(example).filter(([n]) => n !== name)));
      if (how === 1 && inner !== undefined) return spoiled(inner).map(put);
      return fc.constant(put(replacement));
    });
}

test("documented examples run in their order, and no body, however spoiled, makes a resource fail", async () => {
  const { call } = app.atlas;
  const refs: Record<string, string> = {};
  const routes = allRoutes(app.services, app.auth, true).filter(
    (route) => !route.raw && route.body !== undefined,
  );
  const ours = routes.filter((route) => ["master_data", "admin"].includes(route.service));
  expect(ours.length).toBeGreaterThan(15);
  for (const route of ours.filter(({ method, path }) => method === "POST" && !path.includes(":"))) {
    const made = await call("POST", route.path, route.example?.request);
    expect([route.path, made.error]).toEqual([route.path, null]); // the documented example runs as it stands
    refs[route.path] = made.id;
  }
  for (const route of ours) {
    const collection = route.path.slice(0, route.path.indexOf("/:") + 1).replace(/\/$/, "");
    const path = route.path.replace(":id", refs[collection] ?? "nothing");
    const body = fc.oneof(
      value,
      spoiled(route.example?.request ?? {}),
      spoiled(route.example?.request ?? {}),
    );
    await fc.assert(
      fc.asyncProperty(body, async (sent) => {
        const told = await call(route.method, path, JSON.stringify(sent));
        expect(told.status).toBeLessThan(500);
        expect(told.error === null).toBe(told.status < 300);
      }),
      { numRuns: 40 },
    );
  }
}, 60_000);
