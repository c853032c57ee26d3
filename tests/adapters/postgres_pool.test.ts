import { afterAll, beforeAll, expect, test } from "bun:test";
import fc from "fast-check";
import { connect, openPools } from "../../src/adapters/postgres/pool.ts";
import { formatDecimal } from "../../src/money/decimal.ts";
import { decimalOf } from "../../src/money/json.ts";
import { openTestPostgres, type TestPostgres } from "../postgres.ts";

let postgres: TestPostgres;

beforeAll(async () => {
  postgres = await openTestPostgres();
}, 60_000);
afterAll(() => postgres.close());

test("each pool acts in its role, neither is a superuser, and resetting does not get out of it", async () => {
  for (const [sql, role] of [
    [postgres.requests, "billai_request"],
    [postgres.shard, "billai_shard"],
  ] as const) {
    await sql.begin(async (tx) => {
      await tx`reset role`;
      const [row] = await tx`select current_user::text as role, current_setting('is_superuser') as superuser,
        (select rolbypassrls from pg_roles where rolname = current_user) as bypasses`;
      expect({ ...row }).toEqual({ role, superuser: "off", bypasses: false });
    });
  }
});

test("a pool keeps its role where the address brings options of its own", async () => {
  const url = new URL(postgres.url);
  url.searchParams.set("options", "-c work_mem=1234kB");
  const pools = openPools(url.href);
  const [row] =
    await pools.requests`select current_user::text as role, current_setting('work_mem') as memory`;
  expect({ ...row }).toEqual({ role: "billai_request", memory: "1234kB" });
  await pools.close();
});

test("integers come as numbers while they are exact, and are an error beyond", async () => {
  const integers = fc.maxSafeInteger();
  await fc.assert(
    fc.asyncProperty(fc.array(integers, { minLength: 1, maxLength: 20 }), async (numbers) => {
      const rows = await postgres.shard`select n, array[n] as list from unnest(${numbers}::bigint[]) as n`;
      expect(rows.map((row) => [row.n, row.list])).toEqual(numbers.map((n) => [n, [n]]));
    }),
    { numRuns: 20 },
  );
  await expect(postgres.shard`select 9007199254740992 as n`.execute()).rejects.toThrow(
    "does not fit a number",
  );
  const [after] = await postgres.shard`select 1 as n`;
  expect(after?.n).toBe(1);
});

test("arrays come back as they went, whatever is in their texts", async () => {
  const text = fc
    .string({ unit: "grapheme" })
    .filter((value) => !value.includes("\0") && value.isWellFormed());
  const awkward = fc.constantFrom("", "NULL", "null", "{}", ",", '"', "\\", '\\"', " a ", "a\nb", "{a,b}");
  const texts = fc.array(fc.oneof(text, awkward, fc.constant(null)), { maxLength: 8 });
  const roundTrip = async (list: readonly (string | null)[]): Promise<void> => {
    const [row] =
      await postgres.shard`select ${[...list]}::text[] as list, array_length(${[...list]}::text[], 1) as n`;
    expect(row?.list).toEqual(list);
    expect(row?.n).toBe(list.length || null);
  };
  await fc.assert(fc.asyncProperty(texts, roundTrip), { numRuns: 200 });

  const digest = "0123456789abcdef0123456789abcdef";
  const [row] = await postgres.shard`
    select ${[1, -2]}::int[] as integers, ${["1.50", "-0.000000000000000000001"]}::numeric[] as decimals,
      ${[digest]}::uuid[]::text[] as digests, ${["true", "false"]}::text[]::boolean[] as truths`;
  expect({ ...row }).toEqual({
    integers: [1, -2],
    decimals: ["1.50", "-0.000000000000000000001"],
    digests: ["01234567-89ab-cdef-0123-456789abcdef"],
    truths: [true, false],
  });
});

test("decimals and the numbers in JSON keep their digits", async () => {
  const digits = "12345678901234567890.123456789012345678";
  const [row] = await postgres.shard`
    select ${digits}::numeric as amount, ${`{"a": ${digits}, "b": [1.5, "x", null]}`}::text::jsonb as body`;
  expect(row?.amount).toBe(digits);
  const amount = decimalOf(row?.body.a);
  expect(amount === null ? null : formatDecimal(amount)).toBe(digits);
  expect(row?.body.b).toEqual([1.5, "x", null]);
});

test("a transaction that hangs is ended, so that others get at its rows", async () => {
  const [row] = await postgres.shard`select current_setting('idle_in_transaction_session_timeout') as limit`;
  expect(row?.limit).toBe("5s");
});

test("without a role it acts as the user of the address", async () => {
  const sql = connect(postgres.url, { role: null, connections: 1 });
  const [row] = await sql`select current_user = session_user as same`;
  expect(row?.same).toBe(true);
  await sql.end();
});
