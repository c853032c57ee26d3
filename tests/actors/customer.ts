import type { DecisionContext, Outcome } from "../../actors/actor.ts";
import type { Command, RecordUsage, SetLimit } from "../../actors/customer/commands.ts";
import type { Fact } from "../../actors/customer/facts.ts";
import { nextWake } from "../../actors/customer/next_wake.ts";
import { type CustomerState, newCustomerState } from "../../actors/customer/state.ts";
import { step, wakeUp } from "../../actors/customer/step.ts";
import { buildCatalog, type Catalog, type CatalogRow } from "../../src/catalog/catalog.ts";
import { assert } from "../../src/errors.ts";
import { type CompanySettings, defaultSettings } from "../../src/invoicing/settings.ts";
import { decimal, ONE } from "../../src/money/decimal.ts";
import { parseInstant } from "../../src/time/instant.ts";

export function at(text: string): number {
  const instant = parseInstant(text.includes("T") ? text : `${text}T00:00:00Z`);
  assert(instant !== null, `${text} is an instant`);
  return instant;
}

let rows = 0;

/** A stored catalog row; ids are its keys, so that tests read well. */
export function row(
  kind: CatalogRow["kind"],
  id: string,
  body: Record<string, unknown>,
  version = 1,
): CatalogRow {
  rows++;
  return {
    kind,
    id,
    version,
    key: id,
    body: { key: id, name: id, ...body },
    created_at: rows,
    archived: false,
  };
}

/** One customer outside any shard: commands in, facts out, with a clock the test moves. */
export class Customer {
  readonly state: CustomerState;
  readonly facts: Fact[] = [];
  now: number;
  catalog: Catalog;
  settings: CompanySettings = defaultSettings;
  #ids = 0;

  constructor(catalogRows: readonly CatalogRow[], now: string, input: Record<string, unknown> = {}) {
    this.catalog = buildCatalog(catalogRows);
    this.now = at(now);
    this.state = newCustomerState("co_1", "cust_1");
    this.do({ type: "create_customer", customerId: "cust_1", input: { name: "Ada", ...input } });
  }

  get ctx(): DecisionContext {
    return { now: this.now, catalog: this.catalog, settings: this.settings };
  }

  /** Runs a command after what is due; the outcome may be a refusal. */
  try(command: Command): Outcome {
    this.take(wakeUp(this.state, this.ctx));
    const { facts, outcome } = step(this.state, command, this.ctx);
    this.take(facts);
    return outcome;
  }

  /** Takes the facts of one decision, which are in the state already. */
  protected take(facts: readonly Fact[]): void {
    this.facts.push(...facts);
  }

  /** Runs a command that must be accepted and gives its reply. */
  do(command: Command): unknown {
    const outcome = this.try(command);
    if (outcome.kind === "refused") throw outcome.error;
    assert(outcome.kind === "facts", "the command is accepted");
    return outcome.reply(this.state);
  }

  subscribe(planId: string, more: Partial<Extract<Command, { type: "start_subscription" }>> = {}): string {
    const id = `sub_${++this.#ids}`;
    this.do({
      type: "start_subscription",
      id,
      externalId: null,
      planId,
      start: null,
      anchor: "calendar",
      metadata: {},
      ...more,
    });
    this.advance(this.now);
    return id;
  }

  limit(monthlyLimit: string, more: Partial<SetLimit> = {}): string {
    const id = `lim_${++this.#ids}`;
    this.do({
      type: "set_limit",
      id,
      create: true,
      subscriptionRef: null,
      monthlyLimit: decimal(monthlyLimit),
      action: "suspend",
      ...more,
    });
    return id;
  }

  use(eventType: string, properties: Record<string, unknown> = {}, more: Partial<RecordUsage> = {}): Outcome {
    return this.try({
      type: "record_usage",
      eventId: `e${++this.#ids}`,
      source: "",
      eventType,
      subscriptionRef: null,
      occurredAt: this.now,
      properties,
      times: ONE,
      ...more,
    });
  }

  /** Moves the clock from due instant to due instant, as a test clock does. */
  advance(to: string | number): void {
    const target = typeof to === "string" ? at(to) : to;
    for (let due = nextWake(this.state); due !== null && due <= target; due = nextWake(this.state)) {
      this.now = Math.max(this.now, due);
      this.take(wakeUp(this.state, this.ctx));
    }
    this.now = target;
  }

  ofType<T extends Fact["type"]>(type: T): Extract<Fact, { type: T }>[] {
    return this.facts.filter((fact): fact is Extract<Fact, { type: T }> => fact.type === type);
  }
}
