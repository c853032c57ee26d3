import type { Config } from "../src/config.ts";
import { Alarms } from "./alarms.ts";
import { keepAuditing } from "./audit_rounds.ts";
import { openCacheServer, openDatabase, openEventLog, openRemoteLedger } from "./engines.ts";
import { healthNow } from "./health_now.ts";
import { keepHouse } from "./housekeeping.ts";
import { openCursors } from "./http/cursor.ts";
import { reportToStderr } from "./http/error_report.ts";
import { RateLimits } from "./http/rate_limits.ts";
import { allRoutes } from "./http/resources.ts";
import { type Servers, startServers } from "./http/server.ts";
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
 * @param onFenced told when another process took a partition over: this one must stop
 */
export async function serve(
  config: Config,
  say: Say,
  onFenced: (partition: number) => void,
): Promise<Running> {
  const log = await openEventLog(config, say); // first: the embedded one's lock keeps a second process off everything else
  const closers: (() => Promise<void>)[] = [() => log.close()];
  const closeAll = async () => {
    for (let close = closers.pop(); close !== undefined; close = closers.pop()) await close();
  };
  try {
    const database = await openDatabase(config, say);
    closers.push(() => database.close());
    for (const name of database.migrated) say(`migrated the database: ${name}`);
    const remote = await openRemoteLedger(config);
    if (remote !== null) closers.push(() => remote.close());
    const cacheServer = await openCacheServer(config.redisUrl, say);
    closers.push(async () => cacheServer.close());
    const engines = { cacheServer, ledger: remote?.ledger ?? null };
    const { services, auth, close } = await wire(log, database, onFenced, say, engines);
    closers.push(close);
    await services.testClocks.load();
    await services.makeUsageMonths(services.clock.now());
    await services.shard.start();
    closers.push(() => services.shard.stop());
    const alarms = new Alarms(services.store, services.clock, services.shard);
    alarms.start();
    closers.push(() => alarms.stop());
    closers.push(() => services.orphanRecovery.stop());
    await services.orphanRecovery.start();
    if (services.ledgerPublisher !== null) {
      const publisher = services.ledgerPublisher;
      publisher.start();
      closers.push(() => publisher.stop());
    }
    closers.push(keepAuditing(services.ledgerAuditor, say));
    closers.push(keepHouse(services, auth.idempotency));
    void services.clockAdvance.resume().catch((error) => say(`a test clock could not be advanced: ${error}`));
    const servers = startServers({
      ...config,
      routes: allRoutes(services, auth, database.embedded),
      health: () => healthNow(services),
      clock: services.clock,
      ids: services.ids,
      authenticator: auth.authenticator,
      idempotency: auth.idempotency,
      rates: new RateLimits(cacheServer.nearLimiter, cacheServer.limiter),
      cursors: openCursors(auth.cursorSecret),
      report: reportToStderr,
    });
    closers.push(() => servers.stop());
    return { servers, services, auth, stop: closeAll };
  } catch (error) {
    await closeAll();
    throw error;
  }
}
