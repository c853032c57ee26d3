import { openMemoryEventLog } from "../../src/adapters/memory/event_log.ts";
import { limits } from "../../src/limits.ts";
import type { CatalogStore } from "../../src/ports/catalog_store.ts";
import type { ClockStore, TestClock } from "../../src/ports/clock_store.ts";
import type { CompanyStore } from "../../src/ports/company_store.ts";
import type { Documents } from "../../src/ports/documents.ts";
import type { EventLog } from "../../src/ports/event_log.ts";
import type { Ledger } from "../../src/ports/ledger.ts";
import type { LedgerDirectory } from "../../src/ports/ledger_directory.ts";
import type { LedgerOutbox } from "../../src/ports/ledger_outbox.ts";
import type { OrphanStore } from "../../src/ports/orphan_store.ts";
import type { CommitBatch, NumberedRows, ShardStore } from "../../src/ports/shard_store.ts";
import { Books } from "./books.ts";
import { Breach, must } from "./breach.ts";
import type { Chances } from "./chances.ts";
import { memoryClocks } from "./clocks.ts";
import { memoryDocuments } from "./documents.ts";
import { Engine } from "./engine.ts";
import { logOf } from "./event_log.ts";
import type { Fault } from "./faults.ts";
import { memoryOrphans } from "./orphans.ts";
import { BEGINNING, memoryCatalogs, memoryCompanies, PARTITIONS, type Person } from "./scene.ts";
import { type Owner, outcomeOf, type Scheduler } from "./scheduler.ts";
import { memoryShardStore } from "./shard_store.ts";
import { type StoredWake, Tables } from "./stored.ts";

/** The engines themselves. */
export interface Direct {
  readonly store: ShardStore;
  readonly log: EventLog;
  readonly documents: Documents;
  readonly catalogs: CatalogStore;
  readonly companies: CompanyStore;
  readonly clocks: ClockStore;
  readonly orphans: OrphanStore;
  readonly directory: LedgerDirectory;
  readonly outbox: LedgerOutbox;
  readonly ledger: Ledger;
}

/** What outlives every process: the engines, and all that they hold. */
export class Stores {
  readonly tables = new Tables();
  readonly clocks = new Map<string, TestClock>();
  readonly books: Books;
  readonly log = openMemoryEventLog(limits.partitions);
  readonly engines: { readonly store: Engine; readonly log: Engine; readonly ledger: Engine };
  /** As nobody in between sees them: every call is done at once. */
  readonly direct: Direct;
  /** The first breach found in the midst of something. */
  failure: Error | null = null;
  /** Sees every batch that was committed. */
  onCommit: (batch: CommitBatch, rows: NumberedRows) => void = () => {};
  readonly chances: Chances;
  readonly scheduler: Scheduler;

  /** @param fault a mistake to find; none in a sound build */
  constructor(scheduler: Scheduler, chances: Chances, fault: Fault = () => ({})) {
    this.scheduler = scheduler;
    this.chances = chances;
    this.books = new Books(chances.isLedgerRemote);
    this.engines = {
      store: new Engine("store", scheduler, chances.store),
      log: new Engine("log", scheduler, chances.log),
      ledger: new Engine("ledger", scheduler, chances.ledger),
    };
    const sound: Direct = {
      store: memoryShardStore(this.tables, (batch, seq) => this.books.post(batch, seq)),
      log: this.log,
      documents: memoryDocuments(this.tables),
      catalogs: memoryCatalogs() as CatalogStore,
      companies: memoryCompanies(chances) as CompanyStore,
      clocks: memoryClocks(this.clocks) as ClockStore,
      orphans: memoryOrphans(this.tables) as OrphanStore,
      directory: this.books.directory,
      outbox: this.books.outbox,
      ledger: this.books.ledger,
    };
    const built = { ...sound, ...fault(sound, this) };
    this.direct = { ...built, store: this.#watched(built.store) };
  }

  /** The time by the right clock. */
  get rightTime(): number {
    return BEGINNING + this.scheduler.now;
  }

  /** Somebody's present: by their test clock, or by the right one. */
  timeOf({ clockId }: Person): number {
    return this.clocks.get(clockId ?? "")?.now ?? this.rightTime;
  }

  /** Whether all of the log is applied and posted, and nobody is to be woken. */
  get isApplied(): boolean {
    const isDue = ({ clockId, at }: StoredWake) =>
      at <= (this.clocks.get(clockId ?? "")?.now ?? this.rightTime);
    if ([...this.tables.wakes.values()].some(isDue)) return false;
    const extents = outcomeOf(this.log.extents());
    const isAtEnd = PARTITIONS.every((id) => this.tables.partitions.get(id)?.nextOffset === extents[id]?.end);
    return isAtEnd && PARTITIONS.every((id) => !outcomeOf(this.books.outbox.isBehind(id)));
  }

  /** The engines as one process sees them. */
  portsOf(owner: Owner) {
    const { direct, chances } = this;
    const { store, log, ledger } = this.engines;
    const embedded = chances.processes === 1;
    return {
      store: store.port(owner, direct.store, ["claimLog", "claimPartitions", "commit"]),
      log: logOf(owner, direct.log, log, this.scheduler, { twice: chances.twice, embedded }),
      documents: store.port(owner, direct.documents, []),
      catalogs: store.port(owner, direct.catalogs, []),
      companies: store.port(owner, direct.companies, []),
      clocks: store.port(owner, direct.clocks, ["beginAdvance", "step", "finish"]),
      orphans: store.port(owner, direct.orphans, []),
      directory: store.port(owner, direct.directory, ["openLedgers"]),
      outbox: store.port(owner, direct.outbox, ["posted"]),
      ledger: ledger.port(owner, direct.ledger, ["openAccounts", "post"]),
    };
  }

  /** Does something that may find a breach. It is kept: thrown here it would only tell the program that a call failed. */
  guard(check: () => void): void {
    try {
      check();
    } catch (error) {
      this.failure ??= error instanceof Error ? error : new Breach(String(error));
    }
  }

  #watched(store: ShardStore): ShardStore {
    return {
      ...store,
      commit: async (batch) => {
        let rows: NumberedRows = { facts: [], documents: [], answers: [] };
        const finish = (numbers: ReadonlyMap<string, number>) => {
          rows = batch.finish(numbers);
          return rows;
        };
        const outcome = await store.commit({ ...batch, finish });
        if (outcome.ok) this.guard(() => this.onCommit(batch, rows));
        return outcome;
      },
    };
  }

  /** Takes in what a process tells its operator. */
  warned(owner: Owner, line: string): void {
    if (!owner.alive) return;
    this.scheduler.trace.note(`${owner.name} says ${line}`);
    const isTrouble = /ALERT|is not posted|refused transfer|command .* failed/u.test(line);
    this.guard(() => must(!isTrouble, () => line));
  }
}
