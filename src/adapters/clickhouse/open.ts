import { mkdirSync } from "node:fs";
import type { ClickHouseClient } from "@clickhouse/client";
import type { UsageAnalytics } from "../../ports/usage_analytics.ts";
import { clickHouseAnalytics } from "./analytics.ts";
import { engineOver } from "./client.ts";

/**
 * Analytics in a ClickHouse server; it may be away, and is connected to when it is first asked.
 *
 * @param url `http(s)://user:password@host:8123/database`; the database is made if it is missing
 */
export function openClickHouse(url: string): UsageAnalytics {
  const { username, password, origin, pathname } = new URL(url);
  const database = decodeURIComponent(pathname.slice(1)) || "billai";
  const connect = async (name: string | null): Promise<ClickHouseClient> => {
    const { createClient } = await import("@clickhouse/client");
    return createClient({
      url: origin,
      ...(username === "" ? {} : { username: decodeURIComponent(username) }),
      ...(password === "" ? {} : { password: decodeURIComponent(password) }),
      ...(name === null ? {} : { database: name }),
      application: "billai",
    });
  };
  const outside = engineOver(() => connect(null));
  const makeDatabase = () =>
    outside.command("create database if not exists {name:Identifier}", { name: database });
  return clickHouseAnalytics(
    engineOver(() => connect(database)),
    { embedded: false, what: "ClickHouse", makeDatabase, closeOthers: () => outside.close() },
  );
}

/**
 * Analytics in chDB, in this process. Null where its package is not installed or does not run on this machine.
 * One process at a time may have a folder, and one folder a process.
 */
export async function openChdb(folder: string): Promise<UsageAnalytics | null> {
  const chdb = await import("chdb/connection").catch(() => null);
  if (chdb === null) return null;
  mkdirSync(folder, { recursive: true });
  const connect = async (): Promise<ClickHouseClient> => {
    const { createClient } = await import("@clickhouse/client");
    const connection = chdb.createChdbConnection({ path: folder });
    return createClient({ connection } as unknown as Parameters<typeof createClient>[0]);
  };
  return clickHouseAnalytics(engineOver(connect), {
    embedded: true,
    what: "chDB",
    makeDatabase: async () => {},
    closeOthers: async () => {},
  });
}
