import { describe, expect, test } from "bun:test";
import type { CommitBatch, CommitOutcome } from "../../src/ports/shard_store.ts";
import {
  answerOf,
  batchOf,
  company,
  customer,
  documentOf,
  factOf,
  identityOf,
  namesake,
  neighbour,
  orphanOf,
  otherCompany,
  redemptionOf,
  usageOf,
} from "./shard_batches.ts";
import { type Opened, partitions } from "./shard_store.ts";

/** Commits that do not go through, and that nothing of them stays. */
export function refusals(current: () => Opened): void {
  /** Tries a batch that is refused, and makes sure that everything is as before. */
  async function refused(batch: CommitBatch): Promise<CommitOutcome> {
    const { store, contents } = current();
    const before = await contents();
    const outcome = await store.commit(batch);
    expect(outcome.ok).toBe(false);
    expect(await contents()).toEqual(before);
    return outcome;
  }

  describe("a commit is refused", () => {
    fenced(current, refused);
    known(current, refused);
    claimed(current, refused);
    poisoned(current, refused);
  });

  test("invoice numbers have no gap, whatever becomes of the commits that ask for them", async () => {
    const { store, cursor, commit } = current();
    await commit(batchOf(cursor(), { answers: [answerOf("taken")] }));
    const given: number[] = [];
    const outcomes = await Promise.all(
      Array.from({ length: partitions - 1 }, (_, i) => {
        const count = 1 + (i % 3);
        const answers = i % 4 === 0 ? [answerOf("taken")] : []; // refused after its numbers were taken
        const numbers: number[] = [];
        const batch = batchOf(cursor(i + 1), {
          numbering: new Map([
            [otherCompany, 1],
            [company, count],
          ]),
          finish(first) {
            const from = first.get(company) ?? Number.NaN;
            for (let n = 0; n < count; n += 1) numbers.push(from + n);
            return { facts: [factOf(customer, i + 1)], documents: [], answers };
          },
        });
        return store.commit(batch).then((outcome) => {
          if (outcome.ok) given.push(...numbers);
          return outcome.ok;
        });
      }),
    );
    expect(outcomes.filter((ok) => !ok).length).toBe(Math.ceil((partitions - 1) / 4));
    expect(given.toSorted((a, b) => a - b)).toEqual(given.map((_, n) => n + 1));
    let next = 0;
    const ask = batchOf(await store.readCursor(0), {
      numbering: new Map([[otherCompany, 1]]),
      finish(first) {
        next = first.get(otherCompany) ?? Number.NaN;
        return { facts: [], documents: [], answers: [] };
      },
    });
    await commit(ask);
    expect(next).toBe(outcomes.filter((ok) => ok).length + 1);
  });
}

type Refused = (batch: CommitBatch) => Promise<CommitOutcome>;

function fenced(current: () => Opened, refused: Refused): void {
  const fencedOff: CommitOutcome = { ok: false, reason: "fenced" };

  test("of an epoch or a commit number that is not the partition's, or a partition nobody claimed", async () => {
    const { cursor, commit } = current();
    const stood = cursor();
    const moved = await commit(batchOf(stood));
    const rows = { usage: [usageOf(customer, 1)], facts: [factOf(customer, 2)] };
    expect(await refused(batchOf(stood, rows))).toEqual(fencedOff);
    for (const wrong of [{ epoch: 0 }, { epoch: 2 }, { commitSeq: 2 }, { partition: partitions }]) {
      expect(await refused(batchOf({ ...moved, ...wrong }, rows))).toEqual(fencedOff);
    }
    await commit(batchOf(moved, rows));
  });

  test("and says so before anything else that is wrong with it", async () => {
    const { cursor, commit } = current();
    const identities = { newIdentities: [identityOf(customer, 1)] };
    await commit(batchOf(cursor(), identities));
    expect(await refused(batchOf(cursor(), identities))).toEqual(fencedOff);
    expect(await refused(batchOf(cursor(), { usage: [usageOf(customer, 1, { charge: "much" })] }))).toEqual(
      fencedOff,
    );
  });
}

function known(current: () => Opened, refused: Refused): void {
  test("with ids that are known, which it names as they are stored", async () => {
    const { cursor, commit } = current();
    const stored = identityOf(customer, 1, { verdict: "orphaned", seq: 0 });
    const moved = await commit(batchOf(cursor(), { newIdentities: [stored] }));
    const again = identityOf(customer, 1, { fingerprint: "0".repeat(32), seq: 3 });
    const fresh = identityOf(customer, 2);
    const usage = [usageOf(customer, 2)];
    expect(await refused(batchOf(moved, { newIdentities: [fresh, again], usage }))).toEqual({
      ok: false,
      reason: "known_identities",
      identities: [stored],
    });
    const strangers = [identityOf(neighbour, 1), identityOf(namesake, 1), fresh];
    await commit(batchOf(moved, { newIdentities: strangers, usage }));
  });

  test("with ids that are known, whatever else it has or lacks", async () => {
    const { cursor, commit } = current();
    const newIdentities = [identityOf(customer, 1)];
    const moved = await commit(batchOf(cursor(), { newIdentities }));
    for (const rows of [
      {},
      { facts: [factOf(customer, 1)], documents: [documentOf(customer, customer.customerId)] },
      { orphans: [orphanOf("orphan_1")], wakes: [{ ...customer, clockId: null, nextWake: null }] },
      { numbering: new Map([[company, 1]]) },
    ])
      expect(await refused(batchOf(moved, { newIdentities, ...rows }))).toMatchObject({
        reason: "known_identities",
      });
  });

  test("with an answer under a key that has one", async () => {
    const { cursor, commit } = current();
    const moved = await commit(batchOf(cursor(), { answers: [answerOf("key 1")] }));
    const rows = { answers: [answerOf("key 2"), answerOf("key 1")], facts: [factOf(customer, 1)] };
    expect(await refused(batchOf(moved, rows))).toEqual({
      ok: false,
      reason: "answer_exists",
      keys: ["key 1"],
    });
    await commit(batchOf(moved, { ...rows, answers: [answerOf("key 2")] }));
  });
}

function claimed(current: () => Opened, refused: Refused): void {
  const claim = { companyId: company, kind: "external_id", value: "their name", id: "cust_1" };

  test("with a name another holds, until that one lets go of it", async () => {
    const { cursor, commit } = current();
    let moved = await commit(batchOf(cursor(), { claims: [claim] }));
    const wanted = { ...claim, id: "cust_2" };
    const free = { ...claim, value: "another name", id: "cust_2" };
    expect(await refused(batchOf(moved, { claims: [free, wanted], facts: [factOf(customer, 1)] }))).toEqual({
      ok: false,
      reason: "claims_taken",
      claims: [wanted],
    });
    moved = await commit(batchOf(moved, { claims: [claim] })); // its own already
    moved = await commit(batchOf(moved, { releasedClaims: [wanted] })); // not the holder's to give up
    expect((await refused(batchOf(moved, { claims: [wanted] }))).ok).toBe(false);
    await commit(batchOf(moved, { releasedClaims: [claim], claims: [wanted] }));
  });

  test("not for a name in another company or of another kind", async () => {
    const { cursor, commit } = current();
    const moved = await commit(batchOf(cursor(), { claims: [claim] }));
    await commit(
      batchOf(moved, {
        claims: [
          { ...claim, companyId: otherCompany, id: "cust_2" },
          { ...claim, kind: "key:plan", id: "plan_1" },
        ],
      }),
    );
  });
}

/** Batches with one row that can never be stored. */
const poison: Readonly<Record<string, Parameters<typeof batchOf>[1]>> = {
  "NUL in an event's id": { usage: [usageOf(neighbour, 1, { eventId: "a\0b" })] },
  "NUL in a property": { usage: [usageOf(neighbour, 1, { properties: `{"a": "\\u0000"}` })] },
  "properties that are no JSON": { usage: [usageOf(neighbour, 1, { properties: "{" })] },
  "a charge that is no number": { usage: [usageOf(neighbour, 1, { charge: "much" })] },
  "a time beyond all bounds": { usage: [usageOf(neighbour, 1, { occurredAt: 1e30 })] },
  "a digest that is none": { newIdentities: [identityOf(neighbour, 1, { digest: "xyz" })] },
  "an orphan's event that is no JSON": { orphans: [orphanOf("orph_1", { event: "" })] },
  "NUL in a snapshot": { snapshots: [{ ...neighbour, seq: 1, at: 3_001, version: 1, body: "\0" }] },
  "NUL in a name to claim": { claims: [{ companyId: company, kind: "key:plan", value: "\0", id: "plan_1" }] },
  "NUL in the name of a coupon": { redemptions: [redemptionOf("sub_1", { couponId: "\0", max: 1 })] },
  "a fact that is no JSON": { facts: [factOf(neighbour, 1, { body: "fact" })] },
  "a document that is no JSON": {
    documents: [documentOf(neighbour, "sub_1", { table: "subscriptions", body: "" })],
  },
  "a number of an invoice twice": {
    documents: ["inv_1", "inv_2"].map((id) =>
      documentOf(neighbour, id, { table: "invoices", body: `{"number": "INV-1"}` }),
    ),
  },
  "a sequence number that is taken": { facts: [factOf(neighbour, 1), factOf(neighbour, 1)] },
  "NUL in an answer": { answers: [{ ...answerOf("key 9"), body: "\0" }] },
};

function poisoned(current: () => Opened, refused: Refused): void {
  for (const [what, rows] of Object.entries(poison)) {
    test(`for its data: ${what}`, async () => {
      const { cursor, commit } = current();
      const held = { companyId: company, kind: "external_id", value: "held", id: "cust_1" };
      const sound = (seq: number) => ({
        usage: [usageOf(customer, seq)],
        newIdentities: [identityOf(customer, seq)],
        facts: [factOf(customer, seq + 1)],
        releasedClaims: [{ ...held, value: `held ${seq - 2}` }],
        claims: [{ ...held, value: `held ${seq}` }],
        wakes: [{ ...customer, clockId: null, nextWake: seq }],
        numbering: new Map([[company, 1]]),
      });
      // One before, since a store may treat a statement it knows otherwise than a new one.
      const moved = await commit(batchOf(cursor(), sound(1)));
      // Beside sound rows, and alone.
      for (const batch of [merged(batchOf(moved, sound(3)), batchOf(moved, rows)), batchOf(moved, rows)]) {
        expect(await refused(batch)).toMatchObject({ ok: false, reason: "data", detail: expect.any(String) });
      }
      await commit(batchOf(moved, sound(3)));
    });
  }
}

function merged(a: CommitBatch, b: CommitBatch): CommitBatch {
  return {
    ...a,
    usage: [...a.usage, ...b.usage],
    newIdentities: [...a.newIdentities, ...b.newIdentities],
    orphans: [...a.orphans, ...b.orphans],
    redemptions: [...a.redemptions, ...b.redemptions],
    claims: [...a.claims, ...b.claims],
    snapshots: [...a.snapshots, ...b.snapshots],
    finish(numbers) {
      const [one, other] = [a.finish(numbers), b.finish(numbers)];
      return {
        facts: [...one.facts, ...other.facts],
        documents: [...one.documents, ...other.documents],
        answers: [...one.answers, ...other.answers],
      };
    },
  };
}
