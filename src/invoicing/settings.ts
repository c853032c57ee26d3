import { type Static, Type } from "@sinclair/typebox";

/** A company's billing settings with their defaults; API.md §3, Company settings. */
export const CompanySettings = Type.Object(
  {
    base_currency: Type.String({ default: "USD" }),
    timezone: Type.String({ default: "UTC" }),
    invoice_grace_seconds: Type.Integer({ minimum: 0, maximum: 31_536_000, default: 3600 }),
    payment_terms_days: Type.Integer({ minimum: 0, maximum: 3650, default: 30 }),
    invoice_prefix: Type.String({ minLength: 1, maxLength: 16, pattern: "^[A-Za-z0-9-]+$", default: "INV" }),
    max_event_age_days: Type.Union([Type.Integer({ minimum: 1, maximum: 36_500 }), Type.Null()], {
      default: null,
    }),
    late_usage: Type.Union([Type.Literal("next_invoice"), Type.Literal("orphan")], {
      default: "next_invoice",
    }),
    audit_retention_days: Type.Integer({ minimum: 1, maximum: 36_500, default: 2557 }),
  },
  { additionalProperties: false },
);
export type CompanySettings = Static<typeof CompanySettings>;

/** What a company starts with. */
export const defaultSettings: CompanySettings = {
  base_currency: "USD",
  timezone: "UTC",
  invoice_grace_seconds: 3600,
  payment_terms_days: 30,
  invoice_prefix: "INV",
  max_event_age_days: null,
  late_usage: "next_invoice",
  audit_retention_days: 2557,
};
