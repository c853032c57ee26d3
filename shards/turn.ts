import type { CustomerState } from "../actors/customer/state.ts";
import { BillingError } from "../src/errors.ts";
import { identityDigest } from "../src/metering/usage_event.ts";
import type { Clock } from "../src/ports/clock.ts";
import type { EventLog } from "../src/ports/event_log.ts";
import type { CommitOutcome, ExhaustedCoupon, ShardStore } from "../src/ports/shard_store.ts";
import type { ActorKey, IdentityRow, PartitionCursor } from "../src/ports/stored_rows.ts";
import { activate } from "./activation.ts";
import type { Companies } from "./companies.ts";
import { DeadLetters } from "./dead_letters.ts";
import { type Decided, decideAll, Poison } from "./decider.ts";
import { actorName, type Directory, type LiveActor, newLiveActor } from "./directory.ts";
import { proveDue } from "./due_proofs.ts";
import type { QueuedCommand } from "./inbox.ts";
import { eventOf, type Item, keyOf, positionAfter, voidsApart } from "./items.ts";
import type { Ledgers } from "./ledgers.ts";
import type { LoggedEvent } from "./log_record.ts";
import type { RecentIds } from "./recent_ids.ts";
import { couponUsedUp, keyInFlight, nameTaken } from "./refusals.ts";
import type { Rerouter } from "./rerouter.ts";
import { Needs, SettledLookups } from "./settled_lookups.ts";
import type { TestClocks } from "./test_clocks.ts";
import { type FoundVoid, lookUpVoid } from "./void_lookup.ts";

export interface TurnDeps {
  readonly store: ShardStore;
  readonly log: EventLog;
  readonly companies: Companies;
  readonly ledgers: Ledgers;
  readonly clock: Clock;
  /** For what an operator must see. */
  readonly warn: (line: string) => void;
  readonly recent: RecentIds;
  readonly rerouter: Rerouter;
  readonly testClocks: TestClocks;
  readonly nowOf: (state: CustomerState) => number;
}

/**
 * One batch from items to durable: loads, decides, commits; decides again with what a failed commit taught.
 * While the commit is in flight the actors hold tentative state; whenever it fails they are dropped.
 */
export class Turn {
  readonly #directory: Directory;
  readonly #deps: TurnDeps;
  readonly #onCommit: (cursor: PartitionCursor, decided: Decided) => void;
  readonly #known = new Map<string, IdentityRow>();
  readonly #settled: SettledLookups;
  readonly #refused = new Map<QueuedCommand, BillingError>();
  readonly #poisoned = new Map<Item, string>();
  readonly #letters: DeadLetters;
  /** The identities of the events, worked out once however often they are decided. */
  readonly #digests = new Map<LoggedEvent, string>();
  #cursor: PartitionCursor;

  constructor(
    cursor: PartitionCursor,
    directory: Directory,
    deps: TurnDeps,
    onCommit: (cursor: PartitionCursor, decided: Decided) => void,
  ) {
    this.#cursor = cursor;
    this.#directory = directory;
    this.#deps = deps;
    this.#settled = new SettledLookups(deps.store);
    this.#letters = new DeadLetters(deps.log, deps.warn);
    this.#onCommit = onCommit;
  }

  /** Commits all items, or throws with none of the rest applied. */
  async run(arrived: readonly Item[]): Promise<void> {
    const items = await this.#deps.rerouter.resolve(this.#cursor.partition, arrived);
    await this.#confirmRecent(items);
    for (const part of voidsApart(items)) await this.#commitAll(part);
  }

  async #commitAll(items: readonly Item[]): Promise<void> {
    for (;;) {
      const decided = await this.#decide(items);
      if (decided === null) continue;
      const next = positionAfter(items, this.#cursor);
      if (
        decided.batch.isEmpty &&
        next.offset === this.#cursor.nextOffset &&
        next.index === this.#cursor.nextIndex
      ) {
        return this.#onCommit(this.#cursor, decided);
      }
      await this.#deps.ledgers.open(decided.batch.ledger.keys());
      await this.#letters.show(decided.batch.deadLetters);
      const commit = decided.batch.toCommit(this.#cursor, next.offset, next.index, this.#deps.ledgers);
      const outcome = await this.#deps.store.commit(commit);
      if (outcome.ok) {
        this.#cursor = outcome.cursor;
        decided.batch.committed();
        this.#deps.ledgers.committed(commit.ledger, outcome.refused);
        this.#forget(decided);
        return this.#onCommit(outcome.cursor, decided);
      }
      this.#dropTentative(items);
      if (outcome.reason === "data") return this.#split(items, outcome.detail);
      this.#learn(outcome, decided);
    }
  }

  /** What was read of the store before a commit is not what the rest of the turn may go by. */
  #forget({ batch }: Decided): void {
    for (const [digest, { row }] of batch.identities) {
      this.#deps.recent.add(digest);
      this.#known.set(digest, row);
    }
    this.#settled.forget();
  }

  /** Decides, or returns null when an item proved to be poison and the rest must be decided again. */
  async #decide(items: readonly Item[]): Promise<Decided | null> {
    await this.#load(items);
    try {
      const voids = await this.#lookUpVoids(items);
      const unproven = await proveDue(items, this.#deps, (key) => this.#live(key).state);
      return decideAll(items, {
        partition: this.#cursor.partition,
        clock: this.#deps.clock,
        warn: this.#deps.warn,
        actor: (key) => this.#live(key),
        company: (id) => this.#deps.companies.known(id),
        clockNow: (clockId) => this.#deps.testClocks.now(clockId),
        known: this.#known,
        refused: this.#refused,
        poisoned: this.#poisoned,
        voids,
        unproven,
        digests: this.#digests,
      });
    } catch (error) {
      this.#dropTentative(items);
      if (error instanceof Needs) {
        await this.#settled.learn(error);
        return null;
      }
      if (!(error instanceof Poison)) throw error;
      this.#poisoned.set(error.item, error.message);
      return null;
    }
  }

  /** Takes from a failed commit what the next decision must know. */
  #learn(outcome: Exclude<CommitOutcome, { ok: true } | { reason: "data" }>, decided: Decided): void {
    switch (outcome.reason) {
      case "fenced":
        // Another owner, or an earlier commit of unknown outcome that succeeded: the partition's row tells.
        throw new BillingError("DEP_001", "This customer is moving; try again", { retryAfterS: 1 });
      case "known_identities":
        for (const row of outcome.identities) this.#known.set(row.digest, row);
        return;
      case "claims_taken":
        for (const [claim, queued] of decided.claimants) {
          const taken = outcome.claims.some(
            (c) => c.kind === claim.kind && c.value === claim.value && c.companyId === claim.companyId,
          );
          if (taken) this.#refused.set(queued, nameTaken());
        }
        return;
      case "coupons_exhausted":
        return this.#refuseRedeemers(outcome.coupons, decided);
      case "answer_exists":
        for (const queued of decided.results.keys()) {
          if (queued.answer !== null) this.#refused.set(queued, keyInFlight());
        }
    }
  }

  /** The last to redeem a coupon that has too few redemptions left are refused. */
  #refuseRedeemers(coupons: readonly ExhaustedCoupon[], decided: Decided): void {
    for (const { companyId, couponId, left } of coupons) {
      const redeemers = [...decided.redeemers].filter(
        ([r]) => r.companyId === companyId && r.couponId === couponId,
      );
      for (const [, queued] of redeemers.slice(Math.max(left, 0))) this.#refused.set(queued, couponUsedUp());
    }
  }

  /** A batch refused for its data is cut in halves down to the one item, which is then buried. */
  async #split(items: readonly Item[], detail: string): Promise<void> {
    const [only] = items;
    if (items.length === 1 && only !== undefined) {
      this.#poisoned.set(only, detail);
      return this.#commitAll(items);
    }
    const middle = items.length >> 1;
    await this.#commitAll(items.slice(0, middle));
    await this.#commitAll(items.slice(middle));
  }

  /** Works out the ids of a batch. One seen lately is only a hint: what the store says of it counts. */
  async #confirmRecent(items: readonly Item[]): Promise<void> {
    const hints: (ActorKey & { digest: string })[] = [];
    for (const item of items) {
      if (item.kind === "command" && item.queued.command.type === "commit_reservation")
        hints.push({ ...item.queued.key, digest: item.queued.command.digest });
      const logged = eventOf(item);
      if (logged === null) continue;
      const { companyId, customerRef: customerId, event } = logged;
      const digest = identityDigest(companyId, customerId, event.source ?? "", event.event_id);
      this.#digests.set(logged, digest);
      if (this.#deps.recent.has(digest)) hints.push({ companyId, customerId, digest });
    }
    if (hints.length === 0) return;
    for (const row of await this.#deps.store.findIdentities(hints)) this.#known.set(row.digest, row);
  }

  async #load(items: readonly Item[]): Promise<void> {
    const keys = new Map<string, ActorKey>();
    const types = new Map<string, Set<string>>();
    const commanded = new Set<string>();
    for (const item of items) {
      const key = keyOf(item);
      if (key === null) continue;
      if (item.kind === "command") commanded.add(key.companyId);
      keys.set(actorName(key), key);
      const seen = types.get(key.companyId) ?? new Set();
      const eventType = eventOf(item)?.event.event_type;
      if (eventType !== undefined) seen.add(eventType);
      types.set(key.companyId, seen);
    }
    await Promise.all([...commanded].map((companyId) => this.#deps.companies.settle(companyId)));
    await Promise.all([...types].map(([companyId, seen]) => this.#meet(companyId, seen)));
    await activate([...keys.values()], this.#directory, this.#deps);
    await this.#deps.testClocks.meet(clocksOf(items, (key) => this.#directory.get(key)));
    for (const key of keys.values()) {
      const live = this.#live(key);
      const company = this.#deps.companies.known(key.companyId);
      if (company !== null) this.#settled.attach(live.state, company.catalog);
      this.#directory.touch(key, live);
    }
  }

  async #lookUpVoids(items: readonly Item[]): Promise<Map<QueuedCommand, FoundVoid>> {
    const voids = new Map<QueuedCommand, FoundVoid>();
    for (const item of items) {
      if (item.kind !== "command" || item.queued.command.type !== "void_usage") continue;
      const { key, command } = item.queued;
      try {
        const found = await lookUpVoid(this.#deps.store, this.#live(key).state, command);
        if (found !== null) voids.set(item.queued, found);
      } catch (error) {
        // A period of more events than can be read again is for its caller to know.
        if (!(error instanceof BillingError) || error.code !== "RES_002") throw error;
        this.#refused.set(item.queued, error);
      }
    }
    return voids;
  }

  /** Before a type of event is called unknown, the catalog is read again. */
  async #meet(companyId: string, eventTypes: ReadonlySet<string>): Promise<void> {
    const view = await this.#deps.companies.meet(companyId);
    if (view === null) return;
    const unknown = [...eventTypes].some((type) => view.catalog.metricsOfType(type).length === 0);
    if (unknown) await this.#deps.companies.refreshIfStale(companyId);
  }

  #live(key: ActorKey): LiveActor {
    const live = this.#directory.get(key);
    if (live !== undefined) return live;
    const fresh = newLiveActor(key);
    this.#directory.touch(key, fresh);
    return fresh;
  }

  #dropTentative(items: readonly Item[]): void {
    for (const item of items) {
      const key = keyOf(item);
      if (key !== null) this.#directory.drop(key);
    }
  }
}

/** The test clocks these items go by. */
function* clocksOf(
  items: readonly Item[],
  liveAt: (key: ActorKey) => LiveActor | undefined,
): Iterable<string> {
  for (const item of items) {
    const key = keyOf(item);
    const clockId = key === null ? undefined : liveAt(key)?.state.profile?.test_clock_id;
    if (clockId !== undefined) yield clockId;
    if (item.kind !== "command" || item.queued.command.type !== "create_customer") continue;
    const { test_clock_id: born } = item.queued.command.input;
    if (born !== undefined) yield born;
  }
}
