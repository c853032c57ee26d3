import { mkdirSync } from "node:fs";
import type { ClickHouseClient } from "@clickhouse/client";
import { limits } from "../../limits.ts";
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
 * Analytics in chDB, in this process; it is loaded when it is first asked. Null where its package is not installed for
 * this machine. One process at a time may have a folder, and one folder a process.
 */
export function openChdb(folder: string): UsageAnalytics | null {
  if (!isInstalled()) return null;
  let bounded: { close(): void } | null = null;
  const connect = async (): Promise<ClickHouseClient> => {
    mkdirSync(folder, { recursive: true });
    const [{ createClient }, { Session }, { createChdbConnection }] = await Promise.all([
      import("@clickhouse/client"),
      import("chdb"),
      import("chdb/connection"),
    ]);
    // All sessions of a folder share one engine. The first says what it may use; the client's cannot.
    bounded ??= new Session(folder, { connectionArgs: engineBounds });
    const connection = createChdbConnection({ path: folder });
    return createClient({ connection } as unknown as Parameters<typeof createClient>[0]);
  };
  return clickHouseAnalytics(engineOver(connect), {
    embedded: true,
    what: "chDB",
    makeDatabase: async () => {},
    closeOthers: async () => {
      if (bounded === null) return;
      bounded.close();
      // What has run out of time here goes on there, and holds the folder.
      const { drainPending } = await import("chdb");
      await drainPending();
    },
  });
}

/** As `clickhouse local` takes them. Its own memory only: what else is in this process does not count. */
const engineBounds = [
  `--max_server_memory_usage=${limits.analyticsEngineBytesMax}`,
  ...["mark_cache_size", "primary_index_cache_size"].map((name) => `--${name}=${limits.analyticsCacheBytes}`),
];

/** The package comes for every machine, the engine in a package of its own for some. */
function isInstalled(): boolean {
  const engine = `@chdb/lib-${process.platform}-${process.arch}${process.platform === "linux" ? "-gnu" : ""}`;
  try {
    import.meta.resolve("chdb/connection");
    import.meta.resolve(`${engine}/package.json`);
    return true;
  } catch {
    return false;
  }
}
