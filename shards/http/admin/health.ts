import packageJson from "../../../package.json" with { type: "json" };
import { BillingError } from "../../../src/errors.ts";
import { formatInstant } from "../../../src/time/instant.ts";
import { healthNow } from "../../health_now.ts";
import type { Services } from "../../services.ts";
import { type Route, route } from "../route.ts";

/** How the installation is doing, in detail; `embedded` tells whether the database is our own. */
export function adminHealthRoutes(services: Services, embedded: boolean): Route[] {
  const startedAt = services.clock.now();
  const isEmbedded: Readonly<Record<string, boolean>> = {
    database: embedded,
    cache: services.cacheServer.embedded,
    message_broker: services.log.embedded,
    ledger: services.ledgerPublisher === null,
    analytics: services.analytics?.embedded ?? true,
  };
  return [
    route({
      method: "GET",
      path: "/api/v1/admin/health",
      service: "admin",
      auth: { scopes: ["health:read"] },
      summary: "How the installation is doing, in detail",
      description:
        "`event_log_lag` counts records that are durable and not yet applied; null while it is unknown.",
      example: {
        answer: {
          status: "healthy",
          dependencies: {
            database: { status: "ok", embedded: true },
            cache: { status: "ok", embedded: true },
            message_broker: { status: "ok", embedded: true },
            ledger: { status: "ok", embedded: true },
          },
          live_actors: 1284,
          event_log_lag: 0,
          versions: { billai: "0.1.0", bun: "1.4.5" },
          started_at: "2026-02-01T00:00:00Z",
          now: "2026-02-03T14:07:11Z",
        },
      },
      handler: async ({ now }) => {
        const { status, dependencies } = await healthNow(services);
        const detailed = Object.entries(dependencies).map(([name, told]) => {
          return [name, { status: told, embedded: isEmbedded[name] ?? true }];
        });
        const payload = {
          status,
          dependencies: Object.fromEntries(detailed),
          live_actors: services.shard.liveActors,
          event_log_lag: await lag(services),
          versions: { billai: packageJson.version, bun: Bun.version },
          started_at: formatInstant(startedAt),
          now: formatInstant(now),
        };
        return { payload };
      },
    }),
  ];
}

async function lag(services: Services): Promise<number | null> {
  try {
    return await services.shard.lag();
  } catch (error) {
    if (error instanceof BillingError) return null; // the log is away, which is told above
    throw error;
  }
}
