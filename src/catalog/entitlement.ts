import { type Static, Type } from "@sinclair/typebox";
import { invalid } from "../errors.ts";
import { type Decimal, formatDecimal } from "../money/decimal.ts";
import { DecimalText } from "../money/decimal_schema.ts";
import { amountOf } from "../pricing/amount.ts";
import { Key, Ref } from "../text.ts";

// A setting that an application reads at every start, not a document.
const configCharactersMax = 4096;

const closed = { additionalProperties: false };
const LimitValue = Type.Union([DecimalText("not_negative", "Up to how much"), Type.Null()], {
  description: "Null or left out: without limit",
});

/** What a plan lets its customers do, as a client describes it; API.md §3, Entitlement. */
export const EntitlementInput = Type.Union([
  Type.Object(
    { key: Key, kind: Type.Literal("boolean"), value: Type.Optional(Type.Boolean({ default: true })) },
    closed,
  ),
  Type.Object(
    {
      key: Key,
      kind: Type.Literal("limit"),
      value: Type.Optional(LimitValue),
      metric_id: Type.Optional(Ref),
    },
    closed,
  ),
  Type.Object(
    { key: Key, kind: Type.Literal("config"), value: Type.Unknown({ description: "Any small JSON" }) },
    closed,
  ),
]);
export type EntitlementInput = Static<typeof EntitlementInput>;

/** One entitlement of a plan's version. */
export interface Entitlement {
  readonly key: string;
  readonly kind: "boolean" | "limit" | "config";
  /** True or false; a limit as decimal text, null for none; any JSON of a config. */
  readonly value: unknown;
  /** Of kind `limit`: how much there may be; null without limit and for the other kinds. */
  readonly limit: Decimal | null;
  /** Of kind `limit`: the metric whose usage counts against it. */
  readonly metricId: string | null;
}

/**
 * What to store of a plan's entitlements: values written out, limits as plain decimal text.
 * Throws VAL_001 for a key that is there twice and a config value that is too long.
 */
export function storedEntitlements(inputs: readonly EntitlementInput[]): EntitlementInput[] {
  const seen = new Set<string>();
  return inputs.map((input, index) => {
    const at = `entitlements[${index}].`;
    if (seen.has(input.key)) throw invalid(`${at}key`, "is in the plan already");
    seen.add(input.key);
    return writtenOut(input, at);
  });
}

function writtenOut(input: EntitlementInput, at: string): EntitlementInput {
  if (input.kind === "boolean") return { ...input, value: input.value ?? true };
  if (input.kind === "limit") {
    return { ...input, value: input.value == null ? null : formatDecimal(amountOf(input.value)) };
  }
  if (JSON.stringify(input.value).length > configCharactersMax) {
    throw invalid(`${at}value`, `must not be longer than ${configCharactersMax} characters of JSON`);
  }
  return input;
}

/** Reads an entitlement in its stored form. */
export function entitlementOf(stored: EntitlementInput): Entitlement {
  const { key, kind, value } = stored;
  if (stored.kind !== "limit") return { key, kind, value, limit: null, metricId: null };
  const limit = stored.value == null ? null : amountOf(stored.value);
  return { key, kind, value, limit, metricId: stored.metric_id ?? null };
}
