import type { CompanySettings } from "../../src/invoicing/settings.ts";
import { limits } from "../../src/limits.ts";
import type { Random } from "../oracle/random.ts";
import type { FaultRates } from "./engine.ts";

/** What a seed draws before it begins: how large everything is and how often things go wrong. */
export interface Chances {
  readonly processes: number;
  readonly people: number;
  /** Whether somebody lives by a test clock; one process has it, since the others would have to be told. */
  readonly hasTestClock: boolean;
  readonly isLedgerRemote: boolean;
  readonly settings: Partial<CompanySettings>;
  readonly limits: Readonly<Record<string, number>>;
  readonly store: FaultRates;
  readonly log: FaultRates;
  readonly ledger: FaultRates;
  /** How often an append is there twice, and how often anything is held back. */
  readonly twice: number;
  readonly heldBack: number;
  /** Of all steps those in which a client acts, something breaks, and time passes by days. */
  readonly acts: number;
  readonly trouble: number;
  readonly passing: number;
}

const HOUR_S = 3600;

/** Every kind of fault is absent from some runs, so that one does not hide what another would show. */
export function drawChances(random: Random): Chances {
  const often = (most: number): number => (random.chance(0.3) ? 0 : (random.whole(1, 100) / 100) * most);
  const rates = (): FaultRates => ({
    lost: often(0.02),
    answerLost: often(0.02),
    doneLate: often(0.02),
    answerLate: often(0.3),
    doneAfterDeath: often(1),
  });
  const processes = random.pick([1, 2, 2, 3]);
  return {
    processes,
    hasTestClock: processes === 1 && random.chance(0.6),
    people: random.whole(2, 6),
    isLedgerRemote: random.chance(0.5),
    settings: {
      invoice_grace_seconds: random.pick([0, HOUR_S, 48 * HOUR_S]),
      late_usage: random.pick(["next_invoice", "next_invoice", "orphan"]),
      timezone: random.pick(["UTC", "America/New_York", "Australia/Lord_Howe"]),
    },
    limits: {
      snapshotEveryFacts: random.pick([1, 3, 10, 40]),
      recentIdsPerGeneration: random.pick([1, 8, 1000]),
      liveActorsMax: random.pick([1, 3, 1000]),
      batchRecordsMax: random.pick([1, 3, 50]),
      batchEventsMax: random.pick([1, 4, 100]),
      batchCommandsMax: random.pick([1, 3, 50]),
      inboxCommandsMax: random.pick([3, 20, 1000]),
      wakesPerRound: random.pick([1, 3, 100]),
      proofEventsPerPage: random.pick([1, 5, 1000]),
      proofsAtOnce: random.pick([1, 100]),
      ledgerRowsPerPartition: random.pick([1, 4, 64]),
      partitionLagRecordsMax: random.pick([5, 100]),
      openAccountsMax: random.pick([2, 1000]),
      customerRefsMax: random.pick([1, 1000]),
    },
    store: rates(),
    log: rates(),
    ledger: rates(),
    twice: often(0.1),
    heldBack: often(0.05),
    acts: random.whole(5, 25) / 100,
    trouble: often(0.01),
    passing: random.whole(1, 10) / 1000,
  };
}

export const faultless: FaultRates = {
  lost: 0,
  answerLost: 0,
  doneLate: 0,
  answerLate: 0,
  doneAfterDeath: 0,
};

/** Runs something synchronous under other limits. */
export function underLimits<T>(others: Readonly<Record<string, number>>, run: () => T): T {
  const before: Record<string, number> = { ...limits };
  for (const name of Object.keys(others)) if (!(name in before)) throw new Error(`${name} is no limit`);
  Object.assign(limits, others);
  try {
    return run();
  } finally {
    Object.assign(limits, before);
  }
}
