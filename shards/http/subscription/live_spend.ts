import { Type } from "@sinclair/typebox";
import { spendStatus } from "../../../actors/customer/spend_status.ts";
import { findSubscription } from "../../../actors/customer/state.ts";
import { BillingError } from "../../../src/errors.ts";
import { Ref } from "../../../src/text.ts";
import type { Services } from "../../services.ts";
import { listDocuments, namedCustomer } from "../documents.ts";
import { listQuery } from "../list.ts";
import { type Route, route } from "../route.ts";
import { answerCheck, CheckInput } from "./check.ts";

const StatusQuery = Type.Object(
  { customer_id: Ref, subscription_id: Type.Optional(Ref) },
  { additionalProperties: false },
);

const AlertList = listQuery({ customer_id: Type.Optional(Ref), limit_id: Type.Optional(Ref) });

const statusExample = {
  limit_id: "lim_01kc5nkt00h2j4k6m8n0p2q4r6",
  subscription_id: null,
  currency: "USD",
  spend: "262.418",
  limit: "500.00",
  remaining: "237.582",
  percent: "52.48",
  window_start: "2026-02-01T00:00:00Z",
  window_end: "2026-03-01T00:00:00Z",
  state: "ok",
  alerts_fired: [50],
};

/** Live spend: status, check, and the alerts that fired; API.md §3, Spend limit. */
export function liveSpendRoutes(services: Services): Route[] {
  return [
    route({
      method: "GET",
      path: "/api/v1/spend-control/status",
      service: "subscription",
      auth: { scopes: ["spend:read"] },
      summary: "Live spend against the tightest limit, as committed",
      query: StatusQuery,
      example: { answer: { ...statusExample, limits: [statusExample] } },
      handler: async (ctx) => {
        const key = await namedCustomer(services, ctx, ctx.query.customer_id);
        const ref = ctx.query.subscription_id;
        const read = (state: Parameters<typeof spendStatus>[0], { now }: { now: number }) => {
          const subscription = ref === undefined ? null : findSubscription(state, ref);
          return subscription === undefined ? null : spendStatus(state, now, subscription?.id ?? null);
        };
        const payload = await services.shard.send(key, { type: "read", read });
        if (payload === null)
          throw new BillingError("RES_001", "No such subscription", { field: "subscription_id" });
        return { payload };
      },
    }),
    route({
      method: "POST",
      path: "/api/v1/spend-control/check",
      service: "subscription",
      auth: { scopes: ["spend:read"] },
      rate: "ingest", // as it is asked before events
      summary: "What an event would cost and whether it may happen, or whether an entitlement allows it",
      description:
        "Answered from memory; changes nothing. Either an `event_type` with its `properties`, or an `entitlement` by " +
        "its key: a switch, or a limit that has room for `quantity` more.",
      body: CheckInput,
      example: {
        request: { customer_id: "cust_abc", event_type: "storage", properties: { gb: 2.5 } },
        answer: { allowed: true, cost: "0.25", remaining: "237.582" },
      },
      idempotent: false,
      handler: (ctx) => {
        const payload = answerCheck(services, ctx.principal, ctx.body);
        return payload instanceof Promise ? payload.then((told) => ({ payload: told })) : { payload };
      },
    }),
    route({
      method: "GET",
      path: "/api/v1/spend-control/alerts",
      service: "subscription",
      auth: { scopes: ["spend:read"] },
      summary: "List the alerts that fired",
      query: AlertList,
      example: {
        answer: [
          {
            id: "ntf_01kc5nkt00v8w0x2y4z6a8b0c2",
            customer_id: "cust_01kc5nkt00a3b5c7d9e1f3g5h7",
            limit_id: "lim_01kc5nkt00h2j4k6m8n0p2q4r6",
            threshold: 50,
            spend: "250.006",
            window_start: "2026-02-01T00:00:00Z",
            window_end: "2026-03-01T00:00:00Z",
            fired_at: "2026-02-14T11:03:20Z",
          },
        ],
      },
      handler: (ctx) => listDocuments(services, ctx, "spend_alerts"),
    }),
  ];
}
