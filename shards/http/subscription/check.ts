import { type Static, Type } from "@sinclair/typebox";
import type { DecisionContext } from "../../../actors/actor.ts";
import { checkUsage } from "../../../actors/customer/check.ts";
import { checkEntitlement } from "../../../actors/customer/entitlements.ts";
import type { CustomerState } from "../../../actors/customer/state.ts";
import type { Principal } from "../../../src/auth/principal.ts";
import { invalid } from "../../../src/errors.ts";
import { ONE } from "../../../src/money/decimal.ts";
import { DecimalText } from "../../../src/money/decimal_schema.ts";
import type { ActorKey } from "../../../src/ports/stored_rows.ts";
import { amountOf } from "../../../src/pricing/amount.ts";
import { Ref } from "../../../src/text.ts";
import type { Services } from "../../services.ts";
import { namedCustomer } from "../documents.ts";

/** What may be asked before usage: about an event, or about an entitlement. */
export const CheckInput = Type.Object(
  {
    customer_id: Ref,
    subscription_id: Type.Optional(Ref),
    event_type: Type.Optional(Ref),
    properties: Type.Optional(Type.Object({}, { additionalProperties: true })),
    entitlement: Type.Optional(Ref),
    quantity: Type.Optional(DecimalText("not_negative", "How much more of a limit; 1 when left out")),
  },
  { additionalProperties: false },
);

type Check = Static<typeof CheckInput>;
type Question = (state: CustomerState, ctx: DecisionContext) => unknown;

/**
 * Answers from memory, at once, where the customer is live here and nothing but usage is in flight; else in its turn.
 * Throws and rejects with RES_001 for an unknown customer, VAL_001 for a question that is none.
 */
export function answerCheck(
  services: Services,
  principal: Pick<Principal, "companyId">,
  body: Check,
): unknown | Promise<unknown> {
  const { companyId } = principal;
  const question = questionOf(body);
  const known = services.refs.known(companyId, body.customer_id);
  if (known !== null) return ask(services, { companyId, customerId: known.id }, question);
  return namedCustomer(services, { principal }, body.customer_id).then((key) => ask(services, key, question));
}

function ask(services: Services, key: ActorKey, question: Question): unknown | Promise<unknown> {
  const state = services.shard.peek(key);
  const company = services.companies.known(key.companyId);
  if (state === undefined || company === null)
    return services.shard.send(key, { type: "read", read: question });
  return question(state, { now: services.shard.nowOf(state), ...company });
}

function questionOf(body: Check): Question {
  const { entitlement, event_type, properties = {}, quantity } = body;
  const subscriptionRef = body.subscription_id ?? null;
  if (entitlement !== undefined) {
    if (event_type !== undefined) throw invalid("event_type", "is given beside entitlement");
    const more = quantity === undefined ? ONE : amountOf(quantity);
    return (state, { now }) => checkEntitlement(state, entitlement, subscriptionRef, more, now);
  }
  if (event_type === undefined) throw invalid("event_type", "is required, or an entitlement");
  if (quantity !== undefined) throw invalid("quantity", "is for entitlements");
  return (state, ctx) => checkUsage(state, { eventType: event_type, subscriptionRef, properties }, ctx);
}
