import { expect, test } from "bun:test";
import type { ClickHouseClient } from "@clickhouse/client";
import { clickHouseAnalytics } from "../../src/adapters/clickhouse/analytics.ts";
import { type Engine, engineOver } from "../../src/adapters/clickhouse/client.ts";

const place = { embedded: true, what: "a stub", makeDatabase: async () => {}, closeOthers: async () => {} };

test("a connection that could not be made is made when it is next needed", async () => {
  let tried = 0;
  const client = { command: async () => ({}) } as unknown as ClickHouseClient;
  const engine = engineOver(async () => {
    tried += 1;
    if (tried < 3) throw new Error("the folder is another process's");
    return client;
  });
  const away = { code: "DEP_001", message: "Analytics is away: the folder is another process's" };
  for (let i = 0; i < 2; i++) await expect(engine.command("select 1")).rejects.toMatchObject(away);
  await engine.command("select 1");
  await engine.command("select 1");
  expect(tried).toBe(3);
});

test("a table of another shape is made anew, one of this shape is left alone", async () => {
  let comment: string | null = "0:of-an-earlier-release";
  const said: string[] = [];
  const engine: Engine = {
    command: async (sql) => {
      said.push(sql.trim().split(" ", 2).join(" "));
      if (sql.startsWith("drop table")) comment = null;
      if (sql.startsWith("create table")) comment ??= /comment '(.*)'/.exec(sql)?.[1] ?? null;
    },
    query: async <Row>() => [{ comment }] as Row[],
    insert: async () => {},
    close: async () => {},
  };
  const analytics = clickHouseAnalytics(engine, place);
  const identity = await analytics.prepare();
  expect(said).toEqual(["create table", "drop table", "create table"]);
  expect(identity).not.toStartWith("0:");
  expect(await analytics.prepare()).toBe(identity);
  expect(said.slice(3)).toEqual(["create table"]);
});
