import type { DecisionContext, UnprovenPeriod } from "../actors/actor.ts";
import type { Command } from "../actors/customer/commands.ts";
import { step, wakeUp } from "../actors/customer/step.ts";
import { assert, BillingError } from "../src/errors.ts";
import { limits } from "../src/limits.ts";
import { fingerprint } from "../src/metering/usage_event.ts";
import type { Clock } from "../src/ports/clock.ts";
import type { ActorKey, Claim, IdentityRow, OrphanRow, Redemption } from "../src/ports/stored_rows.ts";
import { Batch } from "./batch.ts";
import { committedEvent } from "./committed_event.ts";
import type { CompanyView } from "./companies.ts";
import { actorName, type LiveActor } from "./directory.ts";
import type { CommandResult, QueuedCommand } from "./inbox.ts";
import { eventOf, type Item, type Verdict } from "./items.ts";
import type { LoggedEvent } from "./log_record.ts";
import { orphanId } from "./orphan_id.ts";
import { Needs } from "./settled_lookups.ts";
import { usageCommand } from "./usage_command.ts";
import type { FoundVoid } from "./void_lookup.ts";

/** What deciding a batch may look at; everything in it has been loaded before. */
export interface Surroundings {
  readonly partition: number;
  readonly clock: Clock;
  readonly warn: (line: string) => void;
  readonly actor: (key: ActorKey) => LiveActor;
  readonly company: (companyId: string) => CompanyView | null;
  readonly clockNow: (clockId: string) => number | null;
  /** Identities known to the store, by digest. */
  readonly known: Map<string, IdentityRow>;
  /** Commands a claim or a stored answer has already turned down, with the refusal. */
  readonly refused: ReadonlyMap<QueuedCommand, BillingError>;
  /** Items that broke an assertion or cannot be stored, with the reason. */
  readonly poisoned: ReadonlyMap<Item, string>;
  /** What the store knows of events that are to be voided. */
  readonly voids: ReadonlyMap<QueuedCommand, FoundVoid>;
  /** By name of the actor: periods due to be invoiced whose usage differs from the stored events. */
  readonly unproven: ReadonlyMap<string, readonly UnprovenPeriod[]>;
  /** The identity of every event. */
  readonly digests: ReadonlyMap<LoggedEvent, string>;
}

/** A decided batch: the rows to commit and what to tell everyone once it is durable. */
export interface Decided {
  readonly batch: Batch;
  readonly verdicts: Map<Item, Verdict>;
  readonly results: Map<QueuedCommand, CommandResult>;
  /** Who claims which names, to find the loser of a conflict. */
  readonly claimants: Map<Claim, QueuedCommand>;
  /** Who redeems which coupons, in order. */
  readonly redeemers: Map<Redemption, QueuedCommand>;
}

/** Thrown when one item cannot be decided, such as by breaking an assertion: the batch is decided again without it. */
export class Poison extends Error {
  readonly item: Item;
  constructor(item: Item, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause));
    this.item = item;
  }
}

/** Decides items in order against live actors, evolving them tentatively. Synchronous: no await between two events. */
export function decideAll(items: readonly Item[], around: Surroundings): Decided {
  const decided: Decided = {
    batch: new Batch(),
    verdicts: new Map(),
    results: new Map(),
    claimants: new Map(),
    redeemers: new Map(),
  };
  for (const item of items) {
    const poison = around.poisoned.get(item);
    try {
      if (poison !== undefined) bury(item, poison, decided, around);
      else if (item.kind === "command") decideCommand(item.queued, decided, around);
      else if ("unreadable" in item.logged) bury(item, item.logged.reason, decided, around);
      else if ("nothing" in item.logged) continue;
      else if ("event" in item.logged && around.company(item.logged.companyId) === null)
        bury(item, "no such company", decided, around);
      else if ("moved" in item.logged)
        decided.verdicts.set(item, { event_id: item.logged.moved, status: "accepted" });
      else decided.verdicts.set(item, decideEvent(item.logged, decided, around));
    } catch (error) {
      if (error instanceof Needs) throw error;
      throw new Poison(item, error); // deciding is pure: whatever goes wrong, this item brought it
    }
  }
  return decided;
}

function contextOf(
  company: CompanyView,
  actor: LiveActor,
  around: Surroundings,
  command?: Command,
): DecisionContext {
  // A customer lives on its clock from the start: its now never goes back, so it must not begin with ours.
  const born = command?.type === "create_customer" ? command.input.test_clock_id : undefined;
  const clockId = actor.state.profile?.test_clock_id ?? born;
  const now = (clockId === undefined ? null : around.clockNow(clockId)) ?? around.clock.now();
  const ctx = { now: Math.max(now, actor.state.now), catalog: company.catalog, settings: company.settings };
  const unproven = around.unproven.size === 0 ? undefined : around.unproven.get(actorName(actor.state));
  return unproven === undefined ? ctx : { ...ctx, unproven };
}

function decideEvent(logged: LoggedEvent, decided: Decided, around: Surroundings): Verdict {
  const { companyId, customerRef, event } = logged;
  const company = around.company(companyId);
  const { event_id } = event;
  assert(company !== null, "an event of no company is buried");
  const key = { companyId, customerId: customerRef };
  const digest = around.digests.get(logged);
  assert(digest !== undefined, "an event's identity is known before it is decided");
  const print = fingerprint(event);
  const known = decided.batch.identities.get(digest)?.row ?? around.known.get(digest);
  const actor = around.actor(key);
  const ctx = contextOf(company, actor, around);
  if (known?.verdict === "applied" || known?.verdict === "voided") {
    const status = known.fingerprint === print ? "duplicate" : "conflict";
    if (status === "duplicate") endRecovery(logged, decided.batch, ctx.now);
    return { event_id, status, customerId: customerRef };
  }

  const { facts, outcome } = step(actor.state, usageCommand(logged, actor.state, ctx), ctx);
  if (outcome.kind === "needs") throw new Needs(key, outcome.needs);
  decided.batch.add(actor, facts, company.settings, logged.receivedAt);
  const verdict = outcome.kind === "facts" ? "applied" : outcome.kind;
  const seq = verdict === "applied" ? usageSeq(decided.batch) : 0;
  decided.batch.judge({ ...key, digest, fingerprint: print, verdict, seq }, around.known.has(digest));
  if (outcome.kind === "orphaned") {
    const row = orphanRow(logged, outcome.reason, ctx.now);
    decided.batch.orphans.push(row);
    if (row.id !== logged.recovery?.orphan) endRecovery(logged, decided.batch, ctx.now);
  }
  if (verdict === "applied") {
    endRecovery(logged, decided.batch, ctx.now);
    if (known !== undefined) endOwnOrphan(logged, decided.batch, ctx.now);
  }
  switch (outcome.kind) {
    case "facts":
      return { event_id, status: "applied", customerId: customerRef };
    case "refused":
      return {
        event_id,
        status: "refused",
        code: outcome.error.code,
        msg: outcome.error.message,
        customerId: customerRef,
      };
    case "orphaned":
      return { event_id, status: "orphaned", reason: outcome.reason, customerId: customerRef };
  }
}

/** The orphan event that was offered again is one no more. */
function endRecovery({ companyId, recovery }: LoggedEvent, batch: Batch, at: number): void {
  if (recovery === undefined) return;
  const { orphan: id, action, by } = recovery;
  batch.recoveredOrphans.push({ companyId, id, action, by, at });
}

/** An event that counts at last, after it was an orphan or was refused, is no orphan of its customer any more. */
function endOwnOrphan(logged: LoggedEvent, batch: Batch, at: number): void {
  const id = orphanId(logged);
  if (id === logged.recovery?.orphan) return;
  batch.recoveredOrphans.push({ companyId: logged.companyId, id, action: "resend", by: null, at });
}

function usageSeq(batch: Batch): number {
  return batch.usage.at(-1)?.seq ?? 0;
}

function orphanRow(logged: LoggedEvent, reason: string, now: number): OrphanRow {
  const { companyId, customerRef, event } = logged;
  return {
    companyId,
    id: orphanId(logged),
    customerRef,
    reason,
    state: "open",
    receivedAt: logged.receivedAt,
    updatedAt: now,
    eventType: event.event_type,
    event: JSON.stringify(event),
    action: null,
    by: null,
    note: null,
  };
}

function decideCommand(queued: QueuedCommand, decided: Decided, around: Surroundings): void {
  const refusal = around.refused.get(queued);
  if (refusal !== undefined) return refuseCommand(queued, refusal, decided);
  const company = around.company(queued.key.companyId);
  if (company === null) return refuseCommand(queued, new BillingError("RES_001", "No such company"), decided);
  const actor = around.actor(queued.key);
  const ctx = contextOf(company, actor, around, queued.command);
  const claimsBefore = decided.batch.claims.length;
  const redeemedBefore = decided.batch.redemptions.length;
  const woken = wakeUp(actor.state, ctx);
  decided.batch.add(actor, woken, company.settings, ctx.now);
  for (const fact of woken)
    if (fact.type === "invoice_held")
      around.warn(
        `ALERT: invoice ${fact.invoice_id} of ${actor.state.customerId} is held: its usage differs from the stored events`,
      );
  const { command } = queued;
  if (command.type === "wake") {
    decided.results.set(queued, { payload: null });
    return;
  }
  const found = around.voids.get(queued);
  const identity =
    command.type === "commit_reservation" ? committedEvent(command, queued.key, decided, around) : null;
  const asked =
    command.type === "void_usage"
      ? { ...command, found: found?.usage ?? null }
      : (identity?.command ?? command);
  const { facts, outcome } = step(actor.state, asked, ctx);
  if (outcome.kind === "needs") throw new Needs(queued.key, outcome.needs);
  decided.batch.add(actor, facts, company.settings, ctx.now);
  if (found !== undefined && outcome.kind === "facts")
    decided.batch.judge({ ...found.identity, verdict: "voided" }, true);
  if (outcome.kind === "facts") identity?.record(ctx.now);
  for (const claim of decided.batch.claims.slice(claimsBefore)) decided.claimants.set(claim, queued);
  for (const redemption of decided.batch.redemptions.slice(redeemedBefore))
    decided.redeemers.set(redemption, queued);
  if (outcome.kind !== "facts") {
    const error = outcome.kind === "refused" ? outcome.error : new BillingError("RES_002", outcome.reason);
    return refuseCommand(queued, error, decided);
  }
  // What the command made due, such as the first period of a subscription, is part of its answer.
  decided.batch.add(actor, wakeUp(actor.state, ctx), company.settings, ctx.now);
  const result = { payload: outcome.reply(actor.state) };
  decided.results.set(queued, result);
  keepAnswer(queued, result, decided);
}

function refuseCommand(queued: QueuedCommand, error: BillingError, decided: Decided): void {
  const result = { error };
  decided.results.set(queued, result);
  // Kept are refusals that a decision gave; others may be repeated with the same key (API.md §1).
  if (error.code === "RES_002" || error.code === "SPEND_001") keepAnswer(queued, result, decided);
}

function keepAnswer(queued: QueuedCommand, result: CommandResult, decided: Decided): void {
  const { answer } = queued;
  if (answer !== null) decided.batch.answers.push(() => answer(result));
}

/** A poison event is passed over and kept with its reason; a poison command is answered as our fault. */
function bury(item: Item, reason: string, decided: Decided, around: Surroundings): void {
  if (item.kind === "command") {
    around.warn(`command ${item.queued.command.type} of ${item.queued.key.customerId} failed: ${reason}`);
    decided.results.set(item.queued, { error: new BillingError("INT_001", "Internal error") });
    return;
  }
  const logged = eventOf(item);
  const record = "unreadable" in item.logged ? item.logged.unreadable : JSON.stringify(item.logged);
  const event_id = logged?.event.event_id ?? "";
  const { offset, index } = item.at;
  const at = around.clock.now();
  const kept = { reason: storable(reason), record: storable(record) };
  decided.batch.deadLetters.push({ partition: around.partition, offset, index, ...kept, at });
  decided.verdicts.set(item, {
    event_id,
    status: "rejected",
    code: "VAL_001",
    msg: "The event could not be applied",
  });
}

/** Whatever came in, as text that any store takes. */
function storable(text: string): string {
  return text.slice(0, limits.deadLetterCharactersMax).toWellFormed().replaceAll("\0", "\ufffd");
}
