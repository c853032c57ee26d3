import type { AuthServices, Services } from "../services.ts";
import { apiKeyRoutes } from "./admin/api_keys.ts";
import { simulationRoutes } from "./admin/simulation.ts";
import { jwksRoutes } from "./auth/jwks.ts";
import { meRoutes } from "./auth/me.ts";
import { sessionRoutes } from "./auth/session_routes.ts";
import { invoiceRoutes } from "./invoicing/invoices.ts";
import type { Route } from "./route.ts";
import { periodRoutes } from "./subscription/periods.ts";
import { spendControlRoutes } from "./subscription/spend_control.ts";
import { subscriptionRoutes } from "./subscription/subscriptions.ts";
import { usageRoutes } from "./usage/events.ts";

/** Every resource of every service: what the ports serve and the OpenAPI describes. */
export function allRoutes(services: Services, auth: AuthServices, _embedded: boolean): Route[] {
  return [
    ...sessionRoutes(auth.sessions),
    ...meRoutes(auth.users),
    ...jwksRoutes(auth.tokens),
    ...apiKeyRoutes({ store: auth.apiKeys, cache: auth.cache, ids: services.ids, random: auth.random }),
    ...periodRoutes(services),
    ...subscriptionRoutes(services),
    ...spendControlRoutes(services),
    ...usageRoutes(services),
    ...invoiceRoutes(services),
    ...simulationRoutes(services),
  ];
}
