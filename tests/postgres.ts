import { createHash } from "node:crypto";
import { chmodSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Sql } from "postgres";
import { openEmbeddedPostgres } from "../src/adapters/postgres/embedded/open.ts";
import { migrate, readMigrations } from "../src/adapters/postgres/migrate.ts";
import { connect, openPools, type Pools } from "../src/adapters/postgres/pool.ts";
import { arrangeUsage } from "../src/adapters/postgres/usage/arrange.ts";
import { probeTimescale, type UsageTier } from "../src/adapters/postgres/usage/tier.ts";

/** A database of a test's own, with the schema of this release and nothing in it. */
export interface TestPostgres extends Pools, AsyncDisposable {
  readonly url: string;
  readonly usageTier: UsageTier;
  /** As the user who made it: sees everything, for arranging and for looking behind the scenes. */
  readonly owner: Sql;
  /** Closes all connections and drops the database. */
  close(): Promise<void>;
}

interface Server {
  readonly url: string;
  readonly sql: Sql;
  readonly template: string;
}

/** By address; "" is the embedded one. */
const servers = new Map<string, Promise<Server>>();
let databases = 0;

/**
 * Opens a fresh database, migrated, on one server per test process: the one of DATABASE_URL if set, else an embedded
 * one, which the first call starts within two seconds or three. Call it in `beforeAll` with a generous time limit.
 *
 * @param address of another server to use
 */
export async function openTestPostgres(address = process.env.DATABASE_URL ?? ""): Promise<TestPostgres> {
  const server = servers.get(address) ?? startServer(address);
  servers.set(address, server);
  const { url, sql, template } = await server;
  databases += 1;
  const name = `billai_test_${process.pid}_${databases}`;
  await sql`drop database if exists ${sql(name)} with (force)`; // of an earlier process with our number
  await sql`create database ${sql(name)} template ${sql(template)} strategy file_copy`;
  const own = withDatabase(url, name);
  const pools = openPools(own);
  const owner = connect(own, { role: null, connections: 2 });
  const { tier: usageTier } = await probeTimescale(owner);
  async function close(): Promise<void> {
    await Promise.all([pools.close(), owner.end({ timeout: 5 })]);
    await sql`drop database ${sql(name)} with (force)`;
  }
  return { ...pools, url: own, usageTier, owner, close, [Symbol.asyncDispose]: close };
}

/** The address of another database of the same server. */
export function withDatabase(url: string, name: string): string {
  const changed = new URL(url);
  changed.pathname = `/${name}`;
  return changed.href;
}

async function startServer(address: string): Promise<Server> {
  const url = address === "" ? await startEmbedded() : address;
  const sql = connect(url, { role: null, connections: 1 });
  const content = readMigrations().map((migration) => migration.checksum);
  const template = `billai_test_${createHash("sha256").update(content.join()).digest("hex").slice(0, 16)}`;
  // Test processes that share a server make the template once; the name tells the schema.
  await sql`select pg_advisory_lock(hashtext(${template}))`;
  const [made] = await sql`select from pg_database where datname = ${template}`;
  if (made === undefined) {
    const unfinished = `${template}_new`;
    await sql`drop database if exists ${sql(unfinished)} with (force)`;
    await sql`create database ${sql(unfinished)}`;
    await migrate(withDatabase(url, unfinished));
    await arrangeUsage(withDatabase(url, unfinished));
    // A template must have no visitors, and TimescaleDB's workers visit every database they may.
    await sql`alter database ${sql(unfinished)} allow_connections false`;
    const leave = () =>
      sql`select pg_terminate_backend(pid) from pg_stat_activity where datname = ${unfinished}`;
    while ((await leave()).length > 0) await Bun.sleep(5);
    await sql`alter database ${sql(unfinished)} rename to ${sql(template)}`;
  }
  await sql`select pg_advisory_unlock(hashtext(${template}))`;
  return { url, sql, template };
}

async function startEmbedded(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "billai-test-"));
  chmodSync(folder, 0o755); // for the user Postgres runs as, where we are root
  const postgres = await openEmbeddedPostgres({ dataDir: folder, log: () => {} });
  stopAfterUs(folder);
  const sql = connect(postgres.url, { role: null, connections: 1 });
  await sql`alter system set fsync = off`; // nothing here has to survive a power failure
  await sql`select pg_reload_conf()`;
  await sql.end();
  return postgres.url;
}

/**
 * The test runner ends without a word, or is killed. So a shell looks after it, which is nobody's child: the runner
 * ends all its own when a test takes too long.
 */
export function stopAfterUs(folder: string): void {
  const lock = join(folder, "postgres", "cluster", "postmaster.pid");
  const script = `(
    while kill -0 "$1"; do sleep 0.3; done
    kill -QUIT "$(head -n 1 "$2")"
    while [ -e "$2" ]; do sleep 0.1; done
    rm -rf "$3"
  ) &`;
  Bun.spawnSync(["sh", "-c", script, "sh", `${process.pid}`, lock, folder], {
    stdin: "ignore",
    stdout: "ignore",
    stderr: "ignore",
  });
}
