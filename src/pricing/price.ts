import { type Static, Type } from "@sinclair/typebox";
import { assertNever, invalid } from "../errors.ts";
import { refuseLater } from "../later.ts";
import { isCurrency } from "../money/currency.ts";
import { plainDecimals } from "../money/decimal_schema.ts";
import { checkKey, OneOf } from "../text.ts";
import type { Interval } from "../time/calendar.ts";
import { commonFields, laterFields } from "./common_fields.ts";
import { type FlatTerms, flatParameters, flatTerms } from "./flat.ts";
import { type GraduatedTerms, graduatedParameters, graduatedTerms } from "./graduated.ts";
import { type PackageTerms, packageParameters, packageTerms } from "./package.ts";
import { type PerUnitTerms, perUnitParameters, perUnitTerms } from "./per_unit.ts";
import { type VolumeTerms, volumeParameters, volumeTerms } from "./volume.ts";

const closed = { additionalProperties: false };

/** What a client can say of a price, by model; API.md §3, Price. */
export const priceVariants = {
  flat: Type.Object({ model: Type.Literal("flat"), ...commonFields, ...flatParameters }, closed),
  per_unit: Type.Object({ model: Type.Literal("per_unit"), ...commonFields, ...perUnitParameters }, closed),
  graduated: Type.Object(
    { model: Type.Literal("graduated"), ...commonFields, ...graduatedParameters },
    closed,
  ),
  volume: Type.Object({ model: Type.Literal("volume"), ...commonFields, ...volumeParameters }, closed),
  package: Type.Object({ model: Type.Literal("package"), ...commonFields, ...packageParameters }, closed),
};

/** The models API.md names beside these: they pass the schema, so that `compilePrice` can say that they are to come. */
export const LaterPrice = Type.Object({
  model: OneOf(["stairstep", "percentage", "graduated_percentage", "matrix", "seat", "dynamic"]),
});

/** A price as a client describes it. `compilePrice` has the rules a schema cannot say. */
export const PriceInput = Type.Union([
  priceVariants.flat,
  priceVariants.per_unit,
  priceVariants.graduated,
  priceVariants.volume,
  priceVariants.package,
  LaterPrice,
]);
export type PriceInput = Static<typeof PriceInput>;
export type LaterPrice = Static<typeof LaterPrice>;

/** The parameters of a price, read once. */
export type PriceTerms = FlatTerms | PerUnitTerms | GraduatedTerms | VolumeTerms | PackageTerms;

/** The wire form of a price that is stored and answered: defaults filled in, amounts as plain decimal text. */
export type StoredPrice = Exclude<PriceInput, LaterPrice>;

/** One immutable version of a price, ready to rate with. */
export interface Price {
  readonly id: string;
  readonly version: number;
  readonly key: string | null;
  readonly productId: string | null;
  /** Null for a recurring price. */
  readonly metricId: string | null;
  readonly currency: string;
  readonly interval: Interval;
  readonly intervalCount: number;
  readonly timing: "arrears";
  readonly terms: PriceTerms;
  readonly input: StoredPrice;
}

/**
 * Reads a price whose input fits the schema, from a client or from the store.
 *
 * Throws VAL_001 for an unknown currency, tiers that do not ascend to an open end, a flat price with a metric, any
 * other without one, and what is not available yet. `at` is put before the field, such as `prices[1].`.
 */
export function compilePrice(id: string, version: number, input: PriceInput, at = ""): Price {
  if (isLater(input)) throw invalid(`${at}model`, `'${input.model}' is not available yet`);
  checkCommon(input, at);
  const terms = termsOf(input, at);
  const { interval = "month", interval_count = 1 } = input;
  const written = plainDecimals(priceVariants[input.model], input) as StoredPrice;
  return {
    id,
    version,
    key: input.key ?? null,
    productId: input.product_id ?? null,
    metricId: input.metric_id ?? null,
    currency: input.currency,
    interval,
    intervalCount: interval_count,
    timing: "arrears",
    terms,
    input: {
      ...written,
      interval,
      interval_count,
      timing: "arrears",
      flat_at_zero: input.flat_at_zero ?? false,
    },
  };
}

function isLater(input: PriceInput): input is LaterPrice {
  return !Object.hasOwn(priceVariants, input.model);
}

function checkCommon(input: StoredPrice, at: string): void {
  refuseLater(input, laterFields, at);
  if (input.timing === "advance") throw invalid(`${at}timing`, "'advance' is not available yet");
  if (input.key !== undefined) checkKey(input.key, `${at}key`);
  if (!isCurrency(input.currency)) throw invalid(`${at}currency`, "is no active ISO 4217 currency");
  const { model } = input;
  const isFlat = model === "flat";
  if (isFlat && input.metric_id !== undefined) throw invalid(`${at}metric_id`, "must be left out for 'flat'");
  if (!isFlat && input.metric_id === undefined) throw invalid(`${at}metric_id`, `is required for '${model}'`);
  if (input.flat_at_zero === true && model !== "graduated" && model !== "volume") {
    throw invalid(`${at}flat_at_zero`, "is for prices with tiers");
  }
}

function termsOf(input: StoredPrice, at: string): PriceTerms {
  switch (input.model) {
    case "flat":
      return flatTerms(input);
    case "per_unit":
      return perUnitTerms(input);
    case "graduated":
      return graduatedTerms(input, at);
    case "volume":
      return volumeTerms(input, at);
    case "package":
      return packageTerms(input);
    default:
      return assertNever(input);
  }
}
