import { assert } from "../../src/errors.ts";
import type { DecisionContext, Outcome } from "../actor.ts";
import { adjustmentFacts } from "./adjustments.ts";
import type { Command } from "./commands.ts";
import { decide } from "./decide.ts";
import { evolve } from "./evolve.ts";
import type { Fact } from "./facts.ts";
import { reviewLimits } from "./limit_facts.ts";
import { nextWake } from "./next_wake.ts";
import type { CustomerState } from "./state.ts";

/** How many rounds a review may take before it must be quiet: window, alerts, suspension. */
const REVIEW_ROUNDS = 4;

/** What may change a settled period. */
const usageCommands: ReadonlySet<Command["type"]> = new Set([
  "record_usage",
  "void_usage",
  "commit_reservation",
]);

/** What a command led to: the facts to make durable (windows that reset among them) and its outcome. */
export interface StepResult {
  readonly facts: readonly Fact[];
  readonly outcome: Outcome;
}

/**
 * One command from decision to new state: decides, evolves in place, and lets the limits look at the result.
 * The facts it returns are what must be durable before the reply is given, also beside a refusal.
 */
export function step(state: CustomerState, command: Command, ctx: DecisionContext): StepResult {
  if (ctx.now > state.now) state.now = ctx.now;
  const current = ctx.now < state.now ? { ...ctx, now: state.now } : ctx;
  const reset =
    command.type === "record_usage" || command.type === "commit_reservation"
      ? windowsOver(state, current)
      : [];
  const outcome = decide(state, command, current);
  if (outcome.kind !== "facts") return { facts: reset, outcome };
  for (const fact of outcome.facts) evolve(state, fact, current.catalog);
  if (usageCommands.has(command.type)) {
    const adjusted = adjust(state, current);
    if (reset.length === 0 && adjusted.length === 0) return { facts: outcome.facts, outcome };
    return { facts: [...reset, ...outcome.facts, ...adjusted], outcome };
  }
  const reviewed = command.type === "read" ? [] : review(state, current);
  return { facts: [...outcome.facts, ...reviewed], outcome };
}

/** Usage in a settled period is billed as the difference it makes. */
function adjust(state: CustomerState, ctx: DecisionContext): Fact[] {
  if (!state.subscriptions.some((s) => s.settled.some((settled) => settled.state === "stale"))) return [];
  const facts = adjustmentFacts(state, ctx);
  for (const fact of facts) evolve(state, fact, ctx.catalog);
  return facts;
}

/** Windows that are over reset before usage is judged, so that a new window never starts suspended. */
function windowsOver(state: CustomerState, ctx: DecisionContext): Fact[] {
  if (!state.limits.some((limit) => limit.window.end <= ctx.now)) return [];
  return review(state, ctx);
}

function review(state: CustomerState, ctx: DecisionContext): Fact[] {
  const all: Fact[] = [];
  for (let round = 0; state.limits.length > 0; round++) {
    const facts = reviewLimits(state, ctx.now);
    if (facts.length === 0) break;
    assert(round < REVIEW_ROUNDS, "limits come to rest");
    for (const fact of facts) evolve(state, fact, ctx.catalog);
    all.push(...facts);
  }
  return all;
}

/** Applies everything due up to the context's now, soonest first; each step sees the state the one before left. */
export function wakeUp(state: CustomerState, ctx: DecisionContext): Fact[] {
  const all: Fact[] = [];
  for (let due = nextWake(state); due !== null && due <= ctx.now; due = nextWake(state)) {
    const { facts } = step(state, { type: "wake" }, ctx);
    assert(facts.length > 0, "a due wake leads to facts");
    all.push(...facts);
  }
  return all;
}
