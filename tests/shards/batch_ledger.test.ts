import { expect, test } from "bun:test";
import type { Fact } from "../../actors/customer/facts.ts";
import { BatchLedger } from "../../shards/batch_ledger.ts";
import { type LiveActor, newLiveActor } from "../../shards/directory.ts";
import { decimal } from "../../src/money/decimal.ts";
import { memo, money } from "../ledger/told.ts";

/** A customer with a spend limit in this currency: its budget is all the ledger hears of. */
function limited(customerId: string, currency: string): LiveActor {
  const actor = newLiveActor({ companyId: "co_1", customerId });
  Object.assign(actor.state, { now: 1_000, seq: 1 });
  actor.state.limits.push({
    id: `lim ${customerId}`,
    subscriptionId: null,
    createdAt: 0,
    updatedAt: 0,
    terms: {
      monthlyLimit: decimal("50"),
      currency,
      thresholds: [],
      action: "notify",
      onSuspend: "accept",
    },
    window: { start: 0, end: 2_000 },
    fired: [],
    exceeded: false,
  });
  return actor;
}

const fact: Fact = { type: "limit_removed", at: 1_000, limit_id: "another" };

function entriesOf(batch: BatchLedger) {
  const warnings: string[] = [];
  const entries = batch.entries({
    book: ({ kind }) => (kind === "memo" ? memo : money),
    unopened: (accounts) => [...accounts],
    warn: (line) => warnings.push(line),
  });
  return { ...entries, warnings };
}

test("a customer whose ledger cannot be worked out hinders neither the commit nor the others", () => {
  const [good, bad] = [limited("good", "USD"), limited("bad", "no currency")];
  const batch = new BatchLedger();
  for (const actor of [good, bad]) batch.add(actor, [fact]);
  expect(batch.keys()).toEqual([{ companyId: "co_1", currency: "USD", kind: "memo" }]);
  const { chains, warnings } = entriesOf(batch);
  expect(chains.flat().map(({ amount }) => amount)).toEqual([50n * 10n ** 10n]);
  expect(warnings).toEqual([
    expect.stringMatching(/^what became of bad of co_1 is not posted: .*no currency/),
  ]);
  batch.committed();
  expect([good.posted.size, bad.posted.size]).toEqual([1, 0]);
});

test("what has been told is not told again, and a batch that was dropped has told nothing", () => {
  const actor = limited("ada", "USD");
  const dropped = new BatchLedger();
  dropped.add(actor, [fact]);
  expect(entriesOf(dropped).chains).toHaveLength(1);
  const batch = new BatchLedger();
  batch.add(actor, [fact]);
  expect(entriesOf(batch).chains).toHaveLength(1);
  batch.committed();
  const next = new BatchLedger();
  next.add(actor, [fact]);
  expect(next.keys()).toEqual([]);
  expect(entriesOf(next).chains).toEqual([]);
});
