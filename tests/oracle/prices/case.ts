import type { Rounding } from "../fraction.ts";

export const models = [
  "flat",
  "per_unit",
  "graduated",
  "volume",
  "stairstep",
  "package",
  "percentage",
  "graduated_percentage",
  "matrix",
  "seat",
  "dynamic",
] as const;
export const edges = ["edge", "zero", "fraction", "huge", "negative delta"] as const;
/** The kinds of metrics; `unique` twice, as its texts can be taken out again where there are operations. */
export const kinds = [
  "count",
  "sum",
  "max",
  "min",
  "unique",
  "unique with operations",
  "latest",
  "average",
  "weighted_sum",
  "percentile",
] as const;
export type Model = (typeof models)[number];
export type Edge = (typeof edges)[number];
export type Kind = (typeof kinds)[number];

/** A value of an event's property, as JSON has it. */
export type Scalar = string | number | boolean;

export interface OracleFilter {
  readonly field: string;
  readonly op: "eq" | "neq" | "in" | "nin" | "gt" | "gte" | "lt" | "lte" | "exists";
  readonly values?: readonly Scalar[];
}

/** An event as far as it bears on a charge. */
export interface OracleEvent {
  /** The metered number or text, in digits; null where the property is missing. */
  readonly value: string | null;
  /** The price a dynamic event carries; null where the property is missing. */
  readonly fee: string | null;
  readonly operation?: "add" | "remove";
  /** What filters and dimensions look at. */
  readonly traits: Readonly<Record<string, Scalar>>;
  readonly at: number;
  /** How many equal events it stands for. */
  readonly times: number;
}

export interface OracleMetric {
  readonly kind: Kind;
  readonly percentile?: string;
  readonly rounding?: { readonly mode: Rounding; readonly scale: number };
  readonly carry_over?: boolean;
  readonly filters?: readonly OracleFilter[];
}

/** A tier as the API writes it, amounts as text; each model has its own of these. */
export interface OracleTier {
  readonly up_to: string | null;
  readonly unit_amount?: string;
  readonly rate?: string;
  readonly flat_amount?: string;
}

export interface OracleCell {
  readonly match: Readonly<Record<string, Scalar>>;
  readonly unit_amount: string;
}

export interface UnitTransform {
  readonly operation: "divide" | "multiply";
  readonly by: string;
  readonly round: "up" | "down" | "half_up" | "none";
}

export interface Percentage {
  readonly model: "percentage";
  readonly rate: string;
  readonly fixed_amount?: string;
  readonly free_events?: string;
  readonly free_amount?: string;
  readonly min_per_event?: string;
  readonly max_per_event?: string;
}

export interface Tiered {
  readonly model: "graduated" | "volume" | "stairstep" | "graduated_percentage";
  readonly tiers: readonly OracleTier[];
  readonly flat_at_zero?: boolean;
}

export interface Matrix {
  readonly model: "matrix";
  readonly dimensions: readonly string[];
  readonly cells: readonly OracleCell[];
  readonly default_unit_amount?: string;
}

/** What makes a model's amount, in the names of the API. */
export type Terms =
  | { readonly model: "flat"; readonly amount: string }
  | { readonly model: "per_unit"; readonly unit_amount: string }
  | { readonly model: "package"; readonly package_size: string; readonly package_amount: string }
  | { readonly model: "seat"; readonly unit_amount: string; readonly min?: string; readonly max?: string }
  | { readonly model: "dynamic"; readonly amount_field: string }
  | Tiered
  | Percentage
  | Matrix;

export type Window = "hour" | "day" | "week";

/** What any price can have beside its model. */
export interface Modifiers {
  readonly included_units?: string;
  readonly unit_transform?: UnitTransform;
  readonly window?: Window;
  readonly filters?: readonly OracleFilter[];
}

export type OraclePrice = Terms & Modifiers;

/** The part of a period that is billed, in UTC milliseconds, and how long the whole of it is. */
export interface OracleSpan {
  readonly start: number;
  readonly end: number;
  readonly wholeMs: number;
  readonly timezone: string;
}

/** Usage at a price over a period, leading to where things go wrong. */
export interface MeteredCase {
  readonly model: Model;
  readonly edge: Edge;
  readonly price: OraclePrice;
  readonly metric: OracleMetric;
  readonly span: OracleSpan;
  /** Events of the period before, whose trace a metric with carry_over keeps; none for any other. */
  readonly before: readonly OracleEvent[];
  /** In the order they come in. */
  readonly events: readonly OracleEvent[];
  /** When the period ends after all, once the events are in; null where it stays as it was. */
  readonly cutAt: number | null;
}

/** A price that is due without any usage: by the subscription's seats, or whatever happens. */
export interface RecurringCase {
  readonly model: "flat" | "seat";
  readonly edge: Edge;
  readonly price: OraclePrice;
  readonly metric: null;
  /** Quantities of the subscription, one after the other. */
  readonly seats: readonly string[];
}

export type Case = MeteredCase | RecurringCase;
