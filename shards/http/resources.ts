import type { AuthServices, Services } from "../services.ts";
import { apiKeyRoutes } from "./admin/api_keys.ts";
import { companyRoutes } from "./admin/companies.ts";
import { adminHealthRoutes } from "./admin/health.ts";
import { ledgerRoutes } from "./admin/ledger.ts";
import { orphanEventRoutes } from "./admin/orphan_events.ts";
import { orphanRecoveryRoutes } from "./admin/orphan_recovery.ts";
import { simulationRoutes } from "./admin/simulation.ts";
import { testClockRoutes } from "./admin/test_clocks.ts";
import { userRoutes } from "./admin/users.ts";
import { jwksRoutes } from "./auth/jwks.ts";
import { meRoutes } from "./auth/me.ts";
import { sessionRoutes } from "./auth/session_routes.ts";
import { invoiceRoutes } from "./invoicing/invoices.ts";
import { proofRoutes } from "./invoicing/proof.ts";
import { couponRoutes } from "./master_data/coupons.ts";
import { customerRoutes } from "./master_data/customers.ts";
import { metricRoutes } from "./master_data/metrics.ts";
import { planTransitionRoutes } from "./master_data/plan_transitions.ts";
import { planRoutes } from "./master_data/plans.ts";
import { priceRoutes } from "./master_data/prices.ts";
import { productRoutes } from "./master_data/products.ts";
import type { Route } from "./route.ts";
import { contractRoutes } from "./subscription/contracts.ts";
import { creditBalanceRoutes } from "./subscription/credit_balance.ts";
import { creditGrantRoutes } from "./subscription/credit_grants.ts";
import { entitlementRoutes } from "./subscription/entitlements.ts";
import { liveSpendRoutes } from "./subscription/live_spend.ts";
import { periodRoutes } from "./subscription/periods.ts";
import { reservationRoutes } from "./subscription/reservations.ts";
import { spendLimitRoutes } from "./subscription/spend_limits.ts";
import { subscriptionChangeRoutes } from "./subscription/subscription_changes.ts";
import { subscriptionRoutes } from "./subscription/subscriptions.ts";
import { aggregateRoute } from "./usage/aggregate.ts";
import { usageRoutes } from "./usage/events.ts";
import { voidEventRoutes } from "./usage/void_event.ts";

/** Every resource of every service: what the ports serve and the OpenAPI describes. */
export function allRoutes(services: Services, auth: AuthServices, embedded: boolean): Route[] {
  return [
    ...sessionRoutes(auth.sessions),
    ...meRoutes(auth.users),
    ...jwksRoutes(auth.tokens),
    ...apiKeyRoutes({ store: auth.apiKeys, cache: auth.cache, ids: services.ids, random: auth.random }),
    ...companyRoutes(services, auth),
    ...userRoutes(services, auth),
    ...testClockRoutes(services),
    ...orphanEventRoutes(services),
    ...orphanRecoveryRoutes(services),
    ...ledgerRoutes(services),
    ...adminHealthRoutes(services, embedded),
    ...customerRoutes(services),
    ...productRoutes(services),
    ...metricRoutes(services),
    ...priceRoutes(services),
    ...planRoutes(services),
    ...planTransitionRoutes(services),
    ...couponRoutes(services),
    ...periodRoutes(services),
    ...subscriptionRoutes(services),
    ...subscriptionChangeRoutes(services),
    ...spendLimitRoutes(services),
    ...entitlementRoutes(services),
    ...liveSpendRoutes(services),
    ...reservationRoutes(services),
    ...creditGrantRoutes(services),
    ...creditBalanceRoutes(services),
    ...contractRoutes(services),
    ...usageRoutes(services),
    aggregateRoute(services),
    ...voidEventRoutes(services),
    ...invoiceRoutes(services),
    ...proofRoutes(services),
    ...simulationRoutes(services),
  ];
}
