import { attachSettled } from "../../actors/customer/settled.ts";
import { encodeSnapshot } from "../../actors/customer/snapshot.ts";
import type { CustomerState } from "../../actors/customer/state.ts";
import {
  type PeriodState,
  phaseAt,
  type SubscriptionState,
} from "../../actors/customer/subscription_state.ts";
import { Companies } from "../../shards/companies.ts";
import { LedgerAuditor } from "../../shards/ledger_auditor.ts";
import { breachLine } from "../../shards/ledger_breach.ts";
import { recover } from "../../shards/recovery.ts";
import { buildCatalog } from "../../src/catalog/catalog.ts";
import { identityDigest, type UsageEvent } from "../../src/metering/usage_event.ts";
import type { Exact } from "../../src/money/ratio.ts";
import { formatExact, isRatio } from "../../src/money/ratio.ts";
import type { FactRow, UsageRow } from "../../src/ports/stored_rows.ts";
import { contains } from "../../src/time/period.ts";
import { type Fraction, isSame, sum, zero } from "../oracle/fraction.ts";
import { fate, oracleBill } from "../oracle/prices/bill.ts";
import type { MeteredCase, OracleEvent } from "../oracle/prices/case.ts";
import { must } from "./breach.ts";
import type { Cluster } from "./cluster.ts";
import type { Journal, Sent } from "./journal.ts";
import { catalogRows, type MeteredPrice, meteredPrices, PARTITIONS, type Person } from "./scene.ts";
import { outcomeOf } from "./scheduler.ts";
import { identityName, type StoredCustomer } from "./stored.ts";
import type { Stores } from "./stores.ts";

const catalog = buildCatalog(catalogRows);

/** Compares everything there is with what it must be, worked out from nothing but what the clients sent. */
export class Reckoning {
  readonly #stores: Stores;
  readonly #cluster: Cluster;
  readonly #journal: Journal;
  readonly #people: readonly Person[];
  readonly #auditor: LedgerAuditor;
  /** What was sent as what is stored. */
  readonly #sent = new Map<UsageRow, Sent>();

  constructor(stores: Stores, cluster: Cluster, journal: Journal, people: readonly Person[]) {
    this.#stores = stores;
    this.#cluster = cluster;
    this.#journal = journal;
    this.#people = people;
    const { direct, books } = stores;
    this.#auditor = new LedgerAuditor({
      ...{ store: direct.store, companyStore: direct.companies, documents: direct.documents },
      ...{ companies: new Companies(direct.catalogs, direct.companies), ledger: direct.ledger },
      directory: direct.directory,
      isBehind: async (key) => {
        const person = people.find(({ customerId }) => customerId === key.customerId);
        return books.outbox.isBehind(person?.partition ?? 0);
      },
    });
  }

  /** What holds at any moment. */
  look(): void {
    for (const person of this.#people) this.#customer(person);
    const { breaches } = outcomeOf(this.#auditor.all());
    must(breaches.length === 0, () => breaches.map(breachLine).join("; "));
    must(this.#stores.books.refused.length === 0, () => "the ledger has refused a chain");
    this.#orphans();
    for (const { reason, record } of this.#stores.tables.deadLetters.values())
      must(record.includes("\\u0000"), () => `a dead letter: ${reason}`);
  }

  /** What holds besides once everything has been applied. */
  close(): void {
    this.look();
    const { tables, books } = this.#stores;
    const { unsettled } = outcomeOf(this.#auditor.all());
    must(unsettled.length === 0, () => `${unsettled.join()} did not stand still`);
    must(
      PARTITIONS.every((id) => !outcomeOf(books.outbox.isBehind(id))),
      () => "something waits to be posted",
    );
    for (const sent of this.#journal.all) {
      const what = `${sent.event.event_id} of ${sent.person.externalId}`;
      if (!sent.isDurable || sent.isPoison) continue;
      must(this.#journal.verdictOf(sent) !== undefined, () => `${what} is acknowledged, and lost`);
    }
    const extents = outcomeOf(this.#stores.log.extents());
    for (const [id, { nextOffset }] of tables.partitions)
      must(nextOffset === extents[id]?.end, () => `partition ${id} is not applied to its end`);
  }

  #customer(person: Person): void {
    const { tables, direct } = this.#stores;
    const kept = tables.customer(person);
    if (kept.entries.length === 0) return;
    const [stored] = outcomeOf(direct.store.loadActors([person]));
    must(stored !== undefined, () => "a customer has no rows");
    const { state } = recover(stored, catalog);
    this.#alike(person, state);
    this.#identities(person, kept);
    for (const subscription of state.subscriptions) this.#subscription(person, state, subscription, kept);
    const made = kept.entries.flatMap((entry) => (entry.kind === "fact" ? madeBy(entry.fact) : []));
    must(new Set(made).size === made.length, () => `${person.externalId}: something was made twice`);
  }

  /** What counts is no orphan. */
  #orphans(): void {
    for (const { companyId, customerRef, event, state } of this.#stores.tables.orphans.values()) {
      if (state !== "open") continue;
      const { event_id, source = "" } = JSON.parse(event) as UsageEvent;
      const digest = identityDigest(companyId, customerRef, source, event_id);
      const verdict = this.#stores.tables.identities.get(
        identityName({ companyId, customerId: customerRef, digest }),
      )?.verdict;
      const isRight = verdict === "orphaned" || verdict === "refused";
      must(isRight, () => `${event_id} of ${customerRef} is ${verdict}, and an orphan`);
    }
  }

  /** Who has a customer in memory has it as it is stored. */
  #alike(person: Person, stored: CustomerState): void {
    for (const live of this.#cluster.live(person, person.partition)) {
      if (live.seq !== stored.seq) continue;
      const [ours, theirs] = [live, stored].map((state) => encodeSnapshot({ ...state, now: 0 }));
      must(
        ours === theirs,
        () => `${person.externalId} is not in memory as it is stored:\n${ours}\n${theirs}`,
      );
    }
  }

  /** Every event that is recorded was sent as it is, and is the one its identity names. */
  #identities(person: Person, kept: StoredCustomer): void {
    for (const row of kept.usage.values()) {
      const what = `${row.eventId} of ${person.externalId}`;
      const sent = this.#sentAs(person, row);
      must(sent !== undefined, () => `${what} was never sent like this`);
      const identity = this.#journal.verdictOf(sent);
      const verdict = kept.voided.has(row.seq) ? "voided" : "applied";
      must(identity?.verdict === verdict, () => `${what} is ${verdict}, its identity ${identity?.verdict}`);
      must(identity.seq === row.seq, () => `${what} is fact ${row.seq}, its identity says ${identity.seq}`);
    }
  }

  #sentAs(person: Person, row: UsageRow): Sent | undefined {
    const known = this.#sent.get(row);
    if (known !== undefined) return known;
    const found = this.#journal
      .of(person, row.eventId)
      .find(({ event }) => JSON.stringify(event.properties) === row.properties);
    if (found !== undefined) this.#sent.set(row, found);
    return found;
  }

  /** All of a subscription's periods cost what the events in them come to. */
  #subscription(
    person: Person,
    state: CustomerState,
    subscription: SubscriptionState,
    kept: StoredCustomer,
  ): void {
    const bodies = [...kept.settled.values()]
      .filter(({ subscriptionId }) => subscriptionId === subscription.id)
      .map(({ body }) => body);
    attachSettled(state, { subscriptionId: subscription.id, at: 0, bodies }, catalog);
    const rows = [...kept.usage.values()].filter(
      (row) => row.subscriptionId === subscription.id && !kept.voided.has(row.seq),
    );
    const places = new Map<UsageRow, number>();
    const periods = [...subscription.periods, ...subscription.settled.flatMap((settled) => settled.periods)];
    for (const period of periods) {
      const own = rows.filter(
        (row) =>
          contains(period, row.occurredAt) &&
          phaseAt(subscription, row.occurredAt, row.seq).n === period.phase,
      );
      for (const row of own) places.set(row, (places.get(row) ?? 0) + 1);
      this.#period(person, period, own);
    }
    for (const row of rows) {
      const { plan } = phaseAt(subscription, row.occurredAt, row.seq);
      const isMetered = plan.prices.some((price) => meteredPriceOf(price.id)?.eventType === row.eventType);
      const count = places.get(row) ?? 0;
      must(count === 1 || (count === 0 && !isMetered), () => `${row.eventId} is in ${count} periods`);
    }
  }

  #period(person: Person, period: PeriodState, rows: readonly UsageRow[]): void {
    const what = () => `${person.externalId}, ${period.phase}.${period.track}.${period.k}`;
    const events = rows.map((row) => ({ row, event: this.#sentAs(person, row)?.event }));
    const amounts = period.meters.prices.map((price, index): Fraction => {
      const metered = meteredPriceOf(price.id);
      if (metered === undefined) return zero; // a fee, which no usage changes
      const drawn = caseOf(metered, period);
      const counted = events
        .filter(({ row }) => row.eventType === metered.eventType)
        .map(({ row, event }) => oracleEvent(metered, event?.properties ?? {}, row.occurredAt))
        .filter((event) => fate(drawn, event) === "counts");
      const { amount } = oracleBill(drawn, counted);
      const line = period.lines[index];
      if (line != null) same(line.charge, amount, () => `${what()}, ${price.id}`);
      else must(isSame(amount, zero), () => `${what()}, ${price.id} is not charged`);
      return amount;
    });
    same(period.usage, sum(amounts), () => `${what()}, all usage`);
  }
}

/** The metered price behind a price of a plan; none behind a fee. */
function meteredPriceOf(priceId: string): MeteredPrice | undefined {
  return meteredPrices[priceId.slice(0, priceId.indexOf("_"))];
}

function same(ours: Exact, oracle: Fraction, what: () => string): void {
  const fraction = isRatio(ours)
    ? { n: ours.num, d: ours.den }
    : { n: BigInt(ours.c), d: 10n ** BigInt(ours.s) };
  must(
    isSame(fraction, oracle),
    () => `${what()} costs ${formatExact(ours)}, the oracle has ${oracle.n}/${oracle.d}`,
  );
  must(fraction.n >= 0n, () => `${what()} costs less than nothing`);
}

function caseOf({ metric, price }: MeteredPrice, { start, end }: PeriodState): MeteredCase {
  const span = { start, end, wholeMs: end - start, timezone: "UTC" };
  return { model: price.model, edge: "edge", price, metric, span, before: [], events: [], cutAt: null };
}

function oracleEvent({ field }: MeteredPrice, properties: Record<string, unknown>, at: number): OracleEvent {
  const value = field === null ? undefined : properties[field];
  return { value: value === undefined ? null : String(value), fee: null, traits: {}, at, times: 1 };
}

/** What a fact made, by its kind and id. */
function madeBy({ type, body }: FactRow): string[] {
  if (!["customer_created", "subscription_started", "credit_granted"].includes(type)) return [];
  const { grant_id, subscription_id = "" } = JSON.parse(body) as {
    grant_id?: string;
    subscription_id?: string;
  };
  return [`${type} ${grant_id ?? subscription_id}`];
}
