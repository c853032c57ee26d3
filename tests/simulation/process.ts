import { Alarms } from "../../shards/alarms.ts";
import { ClockAdvance } from "../../shards/clock_advance.ts";
import { Companies } from "../../shards/companies.ts";
import { CustomerRefs } from "../../shards/customer_refs.ts";
import { Ingestion } from "../../shards/ingest.ts";
import { Intake } from "../../shards/intake.ts";
import { LedgerPublisher } from "../../shards/ledger_publisher.ts";
import { Ledgers } from "../../shards/ledgers.ts";
import { OrphanRecovery } from "../../shards/orphan_recovery.ts";
import { Shard } from "../../shards/shard.ts";
import { TestClocks } from "../../shards/test_clocks.ts";
import { Waker } from "../../shards/waker.ts";
import type { LogEntry } from "../../src/ports/event_log.ts";
import { Owner } from "./scheduler.ts";
import type { Stores } from "./stores.ts";

/** One process of the program, from its start to its death, on stores that outlive it. */
export class Process {
  readonly owner: Owner;
  readonly shard: Shard;
  readonly ingestion: Ingestion;
  /** How far its clock is from the right time. */
  skewMs = 0;
  isReady = false;
  readonly clockAdvance: ClockAdvance;
  /** Null among several: without a way to the others it would offer again what is theirs for ever. */
  readonly orphans: OrphanRecovery | null;
  readonly #stores: Stores;
  readonly #alarms: Alarms;
  readonly #publisher: LedgerPublisher | null;
  #wanted: readonly number[] = [];
  #isSettling = false;
  #isStopping = false;

  /** @param onFenced told of a partition another process has taken */
  constructor(name: string, stores: Stores, onFenced: () => void) {
    this.owner = new Owner(name);
    this.#stores = stores;
    const { chances } = stores;
    const warn = (line: string) => stores.warned(this.owner, line);
    const seen = stores.portsOf(this.owner);
    const clock = { now: () => stores.rightTime + this.skewMs };
    const companies = new Companies(seen.catalogs, seen.companies, chances.processes > 1);
    const refs = new CustomerRefs(seen.documents);
    const testClocks = new TestClocks(seen.clocks);
    const append = async (entries: readonly LogEntry[]): Promise<void> => {
      await Promise.all(entries.map((entry) => intake.take(entry, false)));
    };
    this.shard = new Shard({
      ...{ store: seen.store, log: seen.log, clock, companies, refs, testClocks, append, onFenced, warn },
      ledgers: new Ledgers(seen.directory, warn),
    });
    const intake = new Intake(seen.log, this.shard, null);
    this.ingestion = new Ingestion(intake, refs, clock, testClocks);
    this.#alarms = new Alarms(seen.store, clock, this.shard);
    const waker = new Waker(this.shard, testClocks, null);
    this.clockAdvance = new ClockAdvance(seen.clocks, seen.store, testClocks, waker);
    this.orphans = chances.processes > 1 ? null : new OrphanRecovery(seen.orphans, this.ingestion, warn);
    this.#publisher = chances.isLedgerRemote
      ? new LedgerPublisher(seen.outbox, seen.ledger, warn, () => this.shard.owned)
      : null;
  }

  /** Starts as the program does: again and again where an engine is away. @param wanted the partitions it is to have */
  start(wanted: () => readonly number[]): void {
    const boot = async (): Promise<void> => {
      while (!this.isReady) {
        try {
          await this.shard.start();
          this.isReady = true;
        } catch {
          await Bun.sleep(500);
        }
      }
      this.#alarms.start();
      this.#publisher?.start();
      this.own(wanted());
    };
    this.#stores.scheduler.later(this.owner, "starts", () => void boot());
  }

  /** Tells it which partitions are its own, as its membership would; one change after the other. Called as its owner. */
  own(partitions: readonly number[]): void {
    this.#wanted = partitions;
    if (this.#isSettling || !this.isReady || this.#isStopping || !this.owner.alive) return;
    this.#isSettling = true;
    void this.#settle();
  }

  /** Ends as the program does when it is told to. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#alarms.stop();
    await this.orphans?.stop();
    await this.#publisher?.stop();
    while (this.#isSettling) await Bun.sleep(10);
    await this.shard.stop();
  }

  /** What one process of an installation does when it comes to be the one. */
  async #lead(): Promise<void> {
    this.orphans?.start().catch(() => {});
    while (!this.#isStopping && this.shard.leads) {
      try {
        return await this.clockAdvance.resume();
      } catch {
        await Bun.sleep(2000);
      }
    }
  }

  async #settle(): Promise<void> {
    for (let settled: readonly number[] | null = null; settled !== this.#wanted && !this.#isStopping; ) {
      settled = this.#wanted;
      const { leads } = this.shard;
      try {
        await this.shard.own(settled);
        if (this.shard.leads && !leads) void this.#lead();
      } catch {
        // As a membership does: everything is given back, and tried again.
        await this.shard.own([]).catch(() => {});
        await Bun.sleep(1000);
        settled = null;
      }
    }
    this.#isSettling = false;
  }
}
