import type { Config } from "../src/config.ts";
import { Alarms } from "./alarms.ts";
import { startAnalytics } from "./analytics_reconciler.ts";
import { keepAuditing } from "./audit_rounds.ts";
import {
  alone,
  arrangeEventLog,
  openAnalytics,
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
  if (share.count === 1) await arrangeEventLog(config, 1, say);
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
    const analytics = await openAnalytics(config, share);
    closers.push(async () => analytics?.close());
    const { crashAt } = config;
    const engines = {
      cacheServer,
      ledger: remote?.ledger ?? null,
      analytics,
      peerHost: peerHostOf(config, share),
      crashAt,
    };
    const membership = await openMembership(config, share, say);
    // Among others somebody has overtaken this process; alone, it must not have company.
    const overtaken = config.kafkaBrokers === null ? onFenced : () => membership.rejoin();
    const { services, auth, close } = await wire(log, database, overtaken, say, engines);
    const { shard, peering, clock } = services;
    closers.push(close);
    await services.testClocks.load();
    await services.makeUsageMonths(clock.now());
    await peering?.peers.start();
    closers.push(async () => peering?.peers.stop());
    const giveBack = await own(services, membership, say);
    closers.push(giveBack);
    closers.push(...startChores(services, auth, say));
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
    // What others take over they serve at once, and this process sends its requests on to them until it ends.
    closers.push(async () =>
      peering?.peers.haveOthers === true && config.kafkaBrokers !== null ? giveBack() : undefined,
    );
    if (forwarding !== null) peering?.server.serve({ ...services, forwarding, app: servers.app });
    return { servers, services, auth, stop: closeAll };
  } catch (error) {
    await closeAll();
    throw error;
  }
}

/** Starts what happens by itself. Answers how to end each piece, those that began last to be ended first. */
function startChores(services: Services, auth: AuthServices, say: Say): (() => Promise<void>)[] {
  const { shard, clock, ledgerPublisher: publisher } = services;
  const leads = () => shard.leads;
  const alarms = new Alarms(services.store, clock, shard);
  alarms.start();
  publisher?.start();
  return [
    () => alarms.stop(),
    () => services.orphanRecovery.stop(),
    async () => publisher?.stop(),
    startAnalytics(services, say, leads),
    keepAuditing(services.ledgerAuditor, say, leads),
    keepHouse(services, auth.idempotency, leads),
  ];
}
