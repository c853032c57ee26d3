import { type Static, Type } from "@sinclair/typebox";
import { Text as text } from "../../src/text.ts";

/** Free names and values of the caller's own, on customers and subscriptions. */
export const Metadata = Type.Record(text(64), text(512), { maxProperties: 50 });

// No spaces, control characters or surrogates: what mail servers and stores agree on.
const emailPart = "[^@\\s\\u0000-\\u001f\\u007f\\ud800-\\udfff]+";

const BillingAddress = Type.Object(
  {
    line1: text(200),
    line2: Type.Optional(text(200)),
    city: text(100),
    region: Type.Optional(text(100)),
    postal_code: text(20),
    country: Type.String({ pattern: "^[A-Z]{2}$", description: "ISO 3166-1 alpha-2" }),
  },
  { additionalProperties: false },
);

/** What a customer is created with; API.md §3, Customer. */
export const CustomerInput = Type.Object(
  {
    external_id: Type.Optional(text(255)),
    name: text(255),
    email: Type.Optional(Type.String({ maxLength: 320, pattern: `^${emailPart}@${emailPart}$` })),
    currency: Type.Optional(Type.String({ pattern: "^[A-Z]{3}$", default: "USD" })),
    timezone: Type.Optional(Type.String({ maxLength: 64, default: "UTC", description: "IANA time zone" })),
    billing_address: Type.Optional(BillingAddress),
    tax_ids: Type.Optional(
      Type.Array(Type.Object({ type: text(32), value: text(64) }, { additionalProperties: false }), {
        maxItems: 10,
      }),
    ),
    tax_exempt: Type.Optional(Type.Boolean()),
    parent_id: Type.Optional(text(255)),
    test_clock_id: Type.Optional(text(64)),
    metadata: Type.Optional(Metadata),
  },
  { additionalProperties: false },
);
export type CustomerInput = Static<typeof CustomerInput>;

/** What may change later: never the currency, clock, zone or external id once set (periods and ids hang on them). */
export const CustomerPatch = Type.Partial(
  Type.Pick(CustomerInput, [
    "external_id",
    "name",
    "email",
    "billing_address",
    "tax_ids",
    "tax_exempt",
    "metadata",
  ]),
  { additionalProperties: false, minProperties: 1 },
);
export type CustomerPatch = Static<typeof CustomerPatch>;

/** A customer as answered and stored. */
export interface CustomerProfile extends CustomerInput {
  id: string;
  currency: string;
  timezone: string;
  created_at: string;
  updated_at: string;
}
