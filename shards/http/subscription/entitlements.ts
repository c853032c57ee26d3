import type { DecisionContext } from "../../../actors/actor.ts";
import { entitlementsOf } from "../../../actors/customer/entitlements.ts";
import { type CustomerState, findSubscription } from "../../../actors/customer/state.ts";
import type { Services } from "../../services.ts";
import { existing, ownerOf } from "../documents.ts";
import { type Route, route } from "../route.ts";

/** What subscriptions are entitled to; API.md §2. `POST /spend-control/check` answers for a single one. */
export function entitlementRoutes(services: Services): Route[] {
  return [
    route({
      method: "GET",
      path: "/api/v1/subscriptions/:id/entitlements",
      service: "subscription",
      auth: { scopes: ["subscriptions:read"] },
      summary: "What a subscription's plan entitles it to, with what is used of its limits",
      example: {
        answer: [
          {
            key: "api_calls",
            kind: "limit",
            value: "100000",
            subscription_id: "sub_01kc5nkt00e1v7d2m8r4q6w9xa",
            metric_id: "met_01kgb9v400m3t5r7c9k2p4n6qz",
            used: "41730",
            remaining: "58270",
          },
        ],
      },
      handler: async (ctx) => {
        const document = await existing(services, ctx, "subscriptions", ctx.params.id);
        const read = (state: CustomerState, { now }: DecisionContext) => {
          const subscription = findSubscription(state, document.id);
          return subscription === undefined ? [] : entitlementsOf(subscription, now);
        };
        return { payload: await services.shard.send(ownerOf(ctx, document), { type: "read", read }) };
      },
    }),
  ];
}
