import type { Config } from "../src/config.ts";
import { Alarms } from "./alarms.ts";
import { keepAuditing } from "./audit_rounds.ts";
import {
  alone,
  arrangeEventLog,
  openCacheServer,
  openDatabase,
  openEventLog,
  openMembership,
  openRemoteLedger,
  type Share,
} from "./engines.ts";
import { healthNow } from "./health_now.ts";
import { keepHouse } from "./housekeeping.ts";
import { openCursors } from "./http/cursor.ts";
import { reportToStderr } from "./http/error_report.ts";
import { RateLimits } from "./http/rate_limits.ts";
import { allRoutes } from "./http/resources.ts";
import { type Servers, startServers } from "./http/server.ts";
import { own } from "./ownership.ts";
import { Forwarding } from "./peers/forwarding.ts";
import { peerHostOf } from "./peers/host.ts";
import type { Say } from "./say.ts";
import type { AuthServices, Services } from "./services.ts";
import { wire } from "./wiring.ts";

/** A running BillAI. */
export interface Running {
  readonly servers: Servers;
  readonly services: Services;
  readonly auth: AuthServices;
  /** Drains what is under way and closes everything; safe to call again. */
  stop(): Promise<void>;
}

/**
 * Starts everything: database, log, shard, alarms, ports. Requests are answered once what waited in the log is
 * being applied and interrupted advances of test clocks are under way again.
 *
 * @param onFenced told when another process took a partition over that is to be ours: this one must stop
 * @param share which of several processes on this machine it is
 * @param openLedger the way to a ledger outside of the store, if there is one; tests have their own
 */
export async function serve(
  config: Config,
  say: Say,
  onFenced: (partition: number) => void,
  share: Share = alone,
  openLedger = openRemoteLedger,
): Promise<Running> {
  if (share.count === 1) await arrangeEventLog(config, 1);
  const log = await openEventLog(config, say, share); // first: the embedded one's lock keeps a second process off everything else
  const closers: (() => Promise<void>)[] = [() => log.close()];
  const closeAll = async () => {
    for (let close = closers.pop(); close !== undefined; close = closers.pop()) await close();
  };
  try {
    const database = await openDatabase(config, say, share);
    closers.push(() => database.close());
    for (const name of database.migrated) say(`migrated the database: ${name}`);
    const remote = await openLedger(config);
    if (remote !== null) closers.push(() => remote.close());
    const cacheServer = await openCacheServer(config.redisUrl, say);
    closers.push(async () => cacheServer.close());
    const { crashAt } = config;
    const engines = {
      cacheServer,
      ledger: remote?.ledger ?? null,
      peerHost: peerHostOf(config, share),
      crashAt,
    };
    const membership = await openMembership(share);
    const { services, auth, close } = await wire(log, database, onFenced, say, engines);
    const { shard, peering, clock } = services;
    closers.push(close);
    await services.testClocks.load();
    await services.makeUsageMonths(clock.now());
    await peering?.peers.start();
    closers.push(async () => peering?.peers.stop());
    closers.push(await own(services, membership, say));
    const alarms = new Alarms(services.store, clock, shard);
    alarms.start();
    closers.push(() => alarms.stop());
    closers.push(() => services.orphanRecovery.stop());
    if (services.ledgerPublisher !== null) {
      const publisher = services.ledgerPublisher;
      publisher.start();
      closers.push(() => publisher.stop());
    }
    const leads = () => shard.leads;
    closers.push(keepAuditing(services.ledgerAuditor, say, leads));
    closers.push(keepHouse(services, auth.idempotency, leads));
    const forwarding = peering === null ? null : new Forwarding(peering.peers, shard);
    const servers = startServers({
      ...config,
      sharesPorts: share.count > 1,
      routes: allRoutes(services, auth, database.embedded),
      health: () => healthNow(services),
      clock,
      ids: services.ids,
      authenticator: auth.authenticator,
      idempotency: auth.idempotency,
      rates: new RateLimits(cacheServer.nearLimiter, cacheServer.limiter),
      cursors: openCursors(auth.cursorSecret),
      report: reportToStderr,
      forwarding,
    });
    closers.push(() => servers.stop());
    if (forwarding !== null) peering?.server.serve({ ...services, forwarding, app: servers.app });
    return { servers, services, auth, stop: closeAll };
  } catch (error) {
    await closeAll();
    throw error;
  }
}
