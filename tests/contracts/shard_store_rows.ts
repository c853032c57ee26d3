import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { StoredActor } from "../../src/ports/shard_store.ts";
import type { FactRow, SnapshotRow, TakenSnapshot, UsageRow } from "../../src/ports/stored_rows.ts";
import {
  batchOf,
  customer,
  documentOf,
  factOf,
  identityOf,
  namesake,
  neighbour,
  orphanOf,
  usageOf,
} from "./shard_batches.ts";
import { type Opened, partitions } from "./shard_store.ts";

/** That what was committed comes back, to the digit and in order. */
export function rows(current: () => Opened): void {
  describe("recovery", () => recovery(current));

  test("identities are found by company, customer and digest", async () => {
    const { store, cursor, commit } = current();
    const stored = [identityOf(customer, 1), identityOf(neighbour, 1, { verdict: "refused", seq: 0 })];
    await commit(batchOf(cursor(), { newIdentities: stored }));
    const asked = [...stored, identityOf(namesake, 1), identityOf(customer, 2)];
    expect(byCustomer(await store.findIdentities(asked))).toEqual(byCustomer(stored));
    expect(await store.findIdentities([])).toEqual([]);
  });

  test("an id decided again keeps its row, with the new verdict", async () => {
    const { store, cursor, commit } = current();
    const refused = identityOf(customer, 1, { verdict: "refused", seq: 0 });
    const other = identityOf(neighbour, 1);
    const moved = await commit(batchOf(cursor(), { newIdentities: [refused, other] }));
    const applied = identityOf(customer, 1, { fingerprint: "a".repeat(32), seq: 7 });
    await commit(batchOf(moved, { changedIdentities: [applied] }));
    expect(byCustomer(await store.findIdentities([refused, other]))).toEqual([applied, other]);
  });

  const digits = "123456789012345678901234567890.123456789012345678901234567891";

  test("no digit of a number is lost", async () => {
    const { store, cursor, commit, contents } = current();
    const charges = ["0", "-0.000000000000000000000000000001", digits, `-${digits}`, "1.50"];
    const usage = charges.map((charge, n) =>
      usageOf(customer, n + 1, { charge, properties: `{"q": ${digits}}` }),
    );
    const body = `{"amount": ${digits}}`;
    await commit(
      batchOf(cursor(), {
        usage,
        facts: [factOf(neighbour, 1, { body })],
        snapshots: [{ ...namesake, seq: 1, at: 3_001, version: 1, body }],
        documents: [documentOf(customer, "cust_1", { body })],
        orphans: [orphanOf("orph_1", { event: body })],
      }),
    );
    const [actor, other, third] = await store.loadActors([customer, neighbour, namesake]);
    const applied = actor?.tail.map((entry) => (entry.kind === "usage" ? entry.usage : null));
    expect(applied?.map((row) => row?.charge)).toEqual(charges);
    expect(applied?.every((row) => row?.properties.includes(digits))).toBe(true);
    expect(other?.tail.map((entry) => entry.kind === "fact" && entry.fact.body.includes(digits))).toEqual([
      true,
    ]);
    expect(third?.snapshot?.body).toBe(body);
    const found = JSON.stringify(await contents()).split(digits).length - 1;
    expect(found).toBe(2 * charges.length - 3 + 4); // charges that have them, properties, and four bodies
  });

  test("a document is replaced, and removed, by its id", async () => {
    const { cursor, commit, contents } = current();
    const before = JSON.stringify(await contents());
    expect(before).not.toContain("lim_1");
    const limit = documentOf(customer, "lim_1", { table: "spend_limits" });
    const stood = await commit(batchOf(cursor(), { documents: [limit] }));
    const replaced = {
      ...limit,
      status: "raised",
      updatedAt: 2_000,
      body: `{"id": "lim_1", "monthly_limit": "77"}`,
    };
    const moved = await commit(batchOf(stood, { documents: [replaced] }));
    const after = JSON.stringify(await contents());
    expect(after).toContain("raised");
    expect(after).toContain("monthly_limit");
    expect(after).not.toContain("active");
    await commit(batchOf(moved, { documents: [{ ...replaced, removed: true }] }));
    expect(JSON.stringify(await contents())).not.toContain("lim_1");
  });

  test("a dead letter is kept whatever is in it", async () => {
    const { cursor, commit, contents } = current();
    const record = "NUL \0, half a pair \ud800, and text";
    const letter = { partition: 0, offset: 5, index: 2, reason: "why \0 not", record, at: 1_000 };
    const moved = await commit(batchOf(cursor(), { deadLetters: [letter] }));
    await commit(batchOf(moved, { deadLetters: [letter] })); // the same again is no harm
    expect(JSON.stringify(await contents()).split("and text")).toHaveLength(2);
  });
}

interface Step {
  readonly kind: "fact" | "usage";
  readonly actor: number;
  /** Whether the actor's snapshot is taken right after. */
  readonly snapshot: boolean;
  /** How many days pass before it. */
  readonly days: number;
  /** How many days ago its usage occurred; below 0 it is still to. */
  readonly late: number;
}

const dayMs = 86_400_000;

const history: fc.Arbitrary<Step[][]> = fc.array(
  fc.array(
    fc.record({
      kind: fc.constantFrom("fact", "usage"),
      actor: fc.nat({ max: 2 }),
      snapshot: fc.boolean(),
      days: fc.nat({ max: 50 }),
      late: fc.integer({ min: -40, max: 120 }),
    }),
    { maxLength: 8 },
  ),
  { maxLength: 5 },
);

function recovery(current: () => Opened): void {
  test("an actor nobody has heard of has neither snapshot nor tail", async () => {
    const { store } = current();
    expect(await store.loadActors([customer])).toEqual([{ ...customer, snapshot: null, tail: [] }]);
    expect(await store.loadActors([])).toEqual([]);
  });

  test("all of a usage row and of a fact comes back", async () => {
    const { store, cursor, commit } = current();
    const usage = usageOf(customer, 1, {
      source: "söurce",
      properties: `{"a": "é\\n\\u001f|,"}`,
      whileSuspended: true,
    });
    const fact = factOf(customer, 2, { body: `{"b": [1, null]}` });
    await commit(batchOf(cursor(), { usage: [usage], facts: [fact] }));
    const [actor] = await store.loadActors([customer]);
    expect(actor?.tail).toEqual([
      { kind: "usage", usage },
      { kind: "fact", fact },
    ]);
  });

  test("each actor gets its own rows, in whatever order and however often it is asked for", async () => {
    const { store, cursor, commit } = current();
    const [far, near] = [`${customer.customerId}_far`, `${customer.customerId}_near`];
    const keys = [far, near, far, "nobody"].map((customerId) => ({ ...customer, customerId }));
    const usage = [near, far].map((customerId) =>
      usageOf({ ...customer, customerId }, 1, { eventId: customerId }),
    );
    await commit(batchOf(cursor(), { usage }));
    const actors = await store.loadActors(keys);
    expect(actors.map(({ customerId }) => customerId)).toEqual([far, near, far, "nobody"]);
    const events = actors.map(({ tail }) =>
      tail.map((one) => (one.kind === "usage" ? one.usage.eventId : null)),
    );
    expect(events).toEqual([[far], [near], [far], []]);
  });

  test("after any history an actor is its last snapshot and what came after, in order", async () => {
    const { store, commit } = current();
    let runs = 0;
    const follow = async (batches: readonly Step[][]): Promise<void> => {
      runs += 1;
      const actors = [customer, neighbour, namesake].map(
        (key) => new Model(key.companyId, `${key.customerId}_${runs}`),
      );
      let cursor = await store.readCursor(runs % partitions);
      for (const steps of batches) {
        const usage: UsageRow[] = [];
        const facts: FactRow[] = [];
        const snapshots = new Map<Model, TakenSnapshot>();
        for (const step of steps) {
          const actor = actors[step.actor] ?? expect.unreachable("no such actor");
          actor.apply(step, usage, facts);
          if (step.snapshot) snapshots.set(actor, actor.takeSnapshot());
        }
        cursor = await commit(batchOf(cursor, { usage, facts, snapshots: [...snapshots.values()] }));
      }
      for (const actor of actors) expect(await store.loadActors([actor])).toEqual([actor.stored()]);
    };
    await fc.assert(fc.asyncProperty(history, follow), { numRuns: 25 });
  });
}

/** What an actor should come back as. */
class Model {
  readonly companyId: string;
  readonly customerId: string;
  #seq = 0;
  #now = Date.UTC(2026, 10, 23);
  #snapshot: SnapshotRow | null = null;
  #tail: StoredActor["tail"][number][] = [];

  constructor(companyId: string, customerId: string) {
    this.companyId = companyId;
    this.customerId = customerId;
  }

  apply({ kind, days, late }: Step, usage: UsageRow[], facts: FactRow[]): void {
    this.#seq += 1;
    this.#now += days * dayMs;
    const key = { companyId: this.companyId, customerId: this.customerId };
    if (kind === "fact") {
      const fact = factOf(key, this.#seq, { at: this.#now });
      facts.push(fact);
      this.#tail.push({ kind, fact });
    } else {
      const row = usageOf(key, this.#seq, { recordedAt: this.#now, occurredAt: this.#now - late * dayMs });
      usage.push(row);
      this.#tail.push({ kind, usage: row });
    }
  }

  takeSnapshot(): TakenSnapshot {
    const { companyId, customerId } = this;
    this.#snapshot = { companyId, customerId, seq: this.#seq, version: 1, body: `state ${this.#seq}` };
    this.#tail = [];
    return { ...this.#snapshot, at: this.#now };
  }

  stored(): StoredActor {
    const { companyId, customerId } = this;
    return { companyId, customerId, snapshot: this.#snapshot, tail: this.#tail };
  }
}

function byCustomer<Row extends { customerId: string }>(found: readonly Row[]): Row[] {
  return found.toSorted((a, b) => (a.customerId < b.customerId ? -1 : 1));
}
