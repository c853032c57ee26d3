import type { Config } from "../src/config.ts";
import { limits } from "../src/limits.ts";
import { Alarms } from "./alarms.ts";
import { startAnalytics } from "./analytics_reconciler.ts";
import { keepAuditing } from "./audit_rounds.ts";
import type { Closers } from "./closers.ts";
import { openAnalytics, openCacheServer, openMembership, openRemoteLedger } from "./engines.ts";
import { alone, type Ground, openGround, type Share } from "./ground.ts";
import { keepHouse } from "./housekeeping.ts";
import type { Servers } from "./http/server.ts";
import { own } from "./ownership.ts";
import { Forwarding } from "./peers/forwarding.ts";
import { peerHostOf } from "./peers/host.ts";
import { openPorts } from "./ports.ts";
import type { Say } from "./say.ts";
import type { AuthServices, Services } from "./services.ts";
import { wire } from "./wiring.ts";

/** A running BillAI. */
export interface Running {
  readonly servers: Servers;
  /** Where Redis clients ask; null where they have no port. */
  readonly respUrl: string | null;
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
  return serveOn(await openGround(config, say, share), config, say, onFenced, share, openLedger);
}

/** As `serve`, on a log and a database that are on their way. They are closed with the rest, also where it throws. */
export async function serveOn(
  { log, database: opening, closers }: Ground,
  config: Config,
  say: Say,
  onFenced: (partition: number) => void,
  share: Share = alone,
  openLedger = openRemoteLedger,
): Promise<Running> {
  try {
    const database = await opening;
    closers.add("the database", () => database.close());
    for (const name of database.migrated) say(`migrated the database: ${name}`);
    const remote = await openLedger(config);
    if (remote !== null) closers.add("the ledger", () => remote.close());
    const cacheServer = await openCacheServer(config.redisUrl, say);
    closers.add("the cache", () => cacheServer.close());
    const analytics = await openAnalytics(config, share);
    closers.add("analytics", () => analytics?.close(), limits.stopAnalyticsMsMax);
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
    const { shard, peering } = services;
    closers.add("the connections", close);
    await services.testClocks.load();
    await peering?.peers.start();
    closers.add("the watch over other processes", () => peering?.peers.stop());
    const giveBack = await own(services, membership, say);
    closers.add("what is under way", giveBack);
    startChores(services, auth, say, closers);
    const forwarding = peering === null ? null : new Forwarding(peering.peers, shard);
    const embedded = database.embedded;
    const ports = { config, sharesPorts: share.count > 1, embedded, forwarding };
    const { servers, resp } = await openPorts(ports, services, auth, closers);
    // What others take over they serve at once, and this process sends its requests on to them until it ends.
    closers.add("the hand-over to others", () =>
      peering?.peers.haveOthers === true && config.kafkaBrokers !== null ? giveBack() : undefined,
    );
    if (forwarding !== null) peering?.server.serve({ ...services, forwarding, app: servers.app });
    return { servers, respUrl: resp?.url ?? null, services, auth, stop: () => closers.closeAll() };
  } catch (error) {
    await closers.closeAll();
    throw error;
  }
}

/** Starts what happens by itself. */
function startChores(services: Services, auth: AuthServices, say: Say, closers: Closers): void {
  const { shard, clock, ledgerPublisher: publisher } = services;
  const leads = () => shard.leads;
  const alarms = new Alarms(services.store, clock, shard);
  alarms.start();
  closers.add("the alarms", () => alarms.stop());
  closers.add("the recovery of orphan events", () => services.orphanRecovery.stop());
  publisher?.start();
  closers.add("the ledger's feed", () => publisher?.stop());
  const endAnalytics = startAnalytics(services, say, leads);
  // A block under way is sent again under the same token.
  closers.add("the feed of analytics", endAnalytics, limits.stopAnalyticsMsMax);
  closers.add("the auditor", keepAuditing(services.ledgerAuditor, say, leads));
  closers.add("the housekeeping", keepHouse(services, auth.idempotency, leads));
}
