import type { Config } from "../src/config.ts";
import { limits } from "../src/limits.ts";
import type { Closers } from "./closers.ts";
import { healthNow } from "./health_now.ts";
import { openCursors } from "./http/cursor.ts";
import { reportToStderr } from "./http/error_report.ts";
import { RateLimits } from "./http/rate_limits.ts";
import { allRoutes } from "./http/resources.ts";
import { type Servers, startServers } from "./http/server.ts";
import type { Forwarding } from "./peers/forwarding.ts";
import type { RespServer } from "./resp/server.ts";
import type { AuthServices, Services } from "./services.ts";

/** Where clients reach this process. */
export interface Ports {
  readonly servers: Servers;
  /** Null where BILLAI_RESP_PORT is off. */
  readonly resp: RespServer | null;
}

/** What the ports are told of the installation. */
export interface PortsOptions {
  readonly config: Config;
  /** Whether other processes on this machine listen on the same ports. */
  readonly sharesPorts: boolean;
  /** Whether the database is ours. */
  readonly embedded: boolean;
  readonly forwarding: Forwarding | null;
}

/** Opens the ports. Throws VAL_001 with one clear line where one is taken. */
export async function openPorts(
  { config, sharesPorts, embedded, forwarding }: PortsOptions,
  services: Services,
  auth: AuthServices,
  closers: Closers,
): Promise<Ports> {
  const { cacheServer, clock, ids } = services;
  const { authenticator, idempotency } = auth;
  const rates = new RateLimits(cacheServer.nearLimiter, cacheServer.limiter);
  const report = reportToStderr;
  const servers = startServers({
    ...config,
    sharesPorts,
    routes: allRoutes(services, auth, embedded),
    health: () => healthNow(services),
    clock,
    ids,
    authenticator,
    idempotency,
    rates,
    cursors: openCursors(auth.cursorSecret),
    report,
    forwarding,
  });
  const stopMsMax = 2 * limits.stopWaitMsMax; // each waits as long for answers
  closers.add("the ports", () => servers.stop(), stopMsMax);
  const { host, respPort: port } = config;
  if (port === null) return { servers, resp: null };
  const { call } = servers;
  const { startRespServer } = await import("./resp/server.ts");
  const resp = startRespServer({
    host,
    port,
    sharesPorts,
    services,
    authenticator,
    rates,
    report,
    forwarding,
    call,
  });
  closers.add("the RESP port", () => resp.stop(), stopMsMax);
  return { servers, resp };
}
