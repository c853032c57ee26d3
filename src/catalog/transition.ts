import { type Static, Type } from "@sinclair/typebox";
import { OneOf, Ref } from "../text.ts";

const anyPlan = "*";
const plan = (side: string) => ({ ...Ref, description: `The plan ${side}, by id or key; '*' for any` });

/** A rule for changes of plan as a client describes it; API.md §3, Plan transition. */
export const TransitionInput = Type.Object(
  {
    from: plan("that is left"),
    to: plan("that is taken up"),
    allowed: Type.Optional(Type.Boolean({ default: true })),
    timing: Type.Optional(OneOf(["immediate", "period_end"])),
    proration: Type.Optional(OneOf(["none", "day", "second"])),
    unused: Type.Optional(OneOf(["credit", "invoice_line", "none"])),
    usage: Type.Optional(OneOf(["bill_now", "carry_over"])),
  },
  { additionalProperties: false },
);
export type TransitionInput = Static<typeof TransitionInput>;

/** What is stored of a rule: plans by id, or `*`; what it leaves open is left out. */
export type StoredTransition = TransitionInput & { readonly allowed: boolean };

/** What a rule says of a change; what it leaves open has the defaults. */
export type TransitionTerms = Readonly<Omit<StoredTransition, "from" | "to">>;

/** True for the word that stands for any plan. */
export function isAnyPlan(ref: string): boolean {
  return ref === anyPlan;
}

/** What to store of a rule, given the ids of its plans. */
export function storedTransition(input: TransitionInput): StoredTransition {
  return { ...input, allowed: input.allowed ?? true };
}

/** What the rule for a pair of plans is stored under, so that there is only one. */
export function pairKey(from: string, to: string): string {
  return `${from}>${to}`;
}

/** The pairs whose rule may hold for a change, the most specific first; the plan that is left counts for more. */
export function pairsFor(from: string, to: string): string[] {
  return [pairKey(from, to), pairKey(from, anyPlan), pairKey(anyPlan, to), pairKey(anyPlan, anyPlan)];
}

/** Reads a rule in its stored form. */
export function transitionTerms({ from: _from, to: _to, ...terms }: StoredTransition): TransitionTerms {
  return terms;
}
