import { Type } from "@sinclair/typebox";
import { identityDigest } from "../../../src/metering/usage_event.ts";
import { Ref, Text } from "../../../src/text.ts";
import type { Services } from "../../services.ts";
import { namedCustomer } from "../documents.ts";
import { keptAnswer } from "../kept_answer.ts";
import { type Route, route } from "../route.ts";

const VoidInput = Type.Object(
  { customer_id: Ref, source: Type.Optional(Text(255)) },
  { additionalProperties: false },
);

/** Taking a usage event back; API.md §2. */
export function voidEventRoutes(services: Services): Route[] {
  return [
    route({
      method: "POST",
      path: "/api/v1/usage/events/:event_id/void",
      service: "usage",
      auth: { scopes: ["events:write"] },
      summary: "Void a usage event, as if it had never been sent",
      description:
        "An open period and a draft forget the event. Where it has been invoiced, its period is rated again without " +
        "it and the difference goes on the next invoice. Its id stays used: it is not counted again.",
      body: VoidInput,
      example: {
        request: { customer_id: "cust_abc" },
        answer: { event_id: "req_7f3a91", status: "voided" },
      },
      handler: async (ctx) => {
        const key = await namedCustomer(services, ctx, ctx.body.customer_id);
        const { event_id: eventId } = ctx.params;
        const source = ctx.body.source ?? "";
        const digest = identityDigest(key.companyId, key.customerId, source, eventId);
        const command = { type: "void_usage", eventId, source, digest } as const;
        return { payload: await services.shard.send(key, command, keptAnswer(ctx, 200)) };
      },
    }),
  ];
}
