import type { Sql } from "postgres";
import { embeddedCacheServer } from "../../shards/engines.ts";
import { healthNow } from "../../shards/health_now.ts";
import { buildApps } from "../../shards/http/app.ts";
import { openCursors } from "../../shards/http/cursor.ts";
import { RateLimits } from "../../shards/http/rate_limits.ts";
import { allRoutes } from "../../shards/http/resources.ts";
import { wire } from "../../shards/wiring.ts";
import { openMemoryEventLog } from "../../src/adapters/memory/event_log.ts";
import { newUser } from "../../src/auth/new_user.ts";
import { limits } from "../../src/limits.ts";
import { everyPartition } from "../../src/partitioning.ts";
import type { CacheServer } from "../../src/ports/cache_server.ts";
import type { EventLog } from "../../src/ports/event_log.ts";
import type { UsageAnalytics } from "../../src/ports/usage_analytics.ts";
import { expectSoundLedger } from "../ledger/sound.ts";
import { openTestPostgres } from "../postgres.ts";

/** What came back, with the parts of the envelope tests look at. */
export interface Told {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly error: { readonly code: string; readonly msg: string; readonly field?: string } | null;
  /** Of one resource. */
  readonly payload: Readonly<Record<string, unknown>>;
  /** Of a list. */
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  readonly page: { readonly next_cursor: string | null; readonly has_more: boolean } | undefined;
  /** The payload's id. */
  readonly id: string;
}

/** Sends requests as one caller. */
export type Call = (method: string, path: string, body?: unknown, key?: string) => Promise<Told>;

/** The TigerBeetle that is to keep the ledger in these tests, with numbers no run before has used; null for the store. */
async function givenLedger(owner: Sql) {
  if (process.env.TIGERBEETLE_ADDRESSES === undefined) return null;
  const { fresh, givenAddresses, tigerBeetleSubject } = await import("../adapters/tigerbeetle_fixture.ts");
  await owner.unsafe(`alter table ledgers alter column number restart with ${fresh()}`);
  return tigerBeetleSubject(givenAddresses ?? []);
}

/** The whole program without its ports: the real wiring over a fresh database, with two companies. */
export async function openApp({
  log = openMemoryEventLog(limits.partitions),
  cacheServer = embeddedCacheServer(),
  analytics = null,
}: {
  log?: EventLog;
  cacheServer?: CacheServer;
  /** Fed when a test calls `services.analyticsFeed.drain`. */
  analytics?: UsageAnalytics | null;
} = {}) {
  const database = await openTestPostgres();
  const troubles: string[] = [];
  const warn = (line: string) => troubles.push(line);
  const remote = await givenLedger(database.owner);
  const { services, auth, close } = await wire(
    log,
    { ...database, embedded: true, migrated: [] },
    () => {},
    warn,
    { cacheServer, analytics, ledger: remote?.ledger ?? null },
  );
  await services.testClocks.load();
  await services.shard.start();
  await services.shard.own(everyPartition);
  const apps = buildApps({
    routes: allRoutes(services, auth, true),
    health: () => healthNow(services),
    clock: services.clock,
    ids: services.ids,
    authenticator: auth.authenticator,
    idempotency: auth.idempotency,
    rates: new RateLimits(cacheServer.nearLimiter, cacheServer.limiter),
    cursors: openCursors(auth.cursorSecret),
    report: (line) => troubles.push(JSON.stringify(line)),
    addressOf: () => "203.0.113.7",
    forwarding: null,
  });
  const front = apps.get("front");
  if (front === undefined) throw new Error("there is no front app");
  const send = (authorization: string): Call => {
    return async (method, path, body, key) => {
      const headers = {
        Authorization: authorization,
        ...(key === undefined ? {} : { "Idempotency-Key": key }),
      };
      const sent = body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) };
      const answer = await told(
        await front(new Request(`http://localhost${path}`, { method, headers, ...sent })),
      );
      await services.ledgerPublisher?.drain(); // so that the next request finds in the ledger what this one did
      return answer;
    };
  };
  /** A company with its owner, as whom it calls. */
  const company = async (name: string, operator = false) => {
    const now = services.clock.now();
    const id = services.ids.next("co");
    const email = `owner@${name}.example`;
    const given = {
      id: services.ids.next("user"),
      companyId: id,
      email,
      name,
      role: "owner" as const,
      operator,
    };
    const owner = await newUser({ ...given, password: "correct horse battery" }, auth.passwords, now);
    const row = { id, name, settings: {}, catalog_version: 1, created_at: now, updated_at: now };
    await services.companyStore.create(row, null, owner);
    const { access_token } = await auth.sessions.open(owner, now);
    return { id, owner, call: send(`Bearer ${access_token}`) };
  };
  return {
    services,
    auth,
    /** The database as its owner, for looking and arranging behind the scenes. */
    owner: database.owner,
    /** What was reported as trouble; empty when all is well. */
    troubles,
    send,
    front,
    company,
    atlas: await company("atlas", true),
    borea: await company("borea"),
    close: async () => {
      await services.orphanRecovery.stop();
      await services.shard.stop();
      await services.ledgerPublisher?.drain();
      await expectSoundLedger(services);
      await close();
      await remote?.close();
      await log.close();
      await database.close();
    },
  };
}

export type TestApp = Awaited<ReturnType<typeof openApp>>;

async function told(response: Response): Promise<Told> {
  const text = await response.text();
  const { error, payload, page } = JSON.parse(text) as {
    error: Told["error"];
    payload: Told["payload"] & Told["rows"];
    page: Told["page"];
  };
  const { status, headers } = response;
  return { status, headers, text, error, payload, rows: payload, page, id: String(payload?.id) };
}
