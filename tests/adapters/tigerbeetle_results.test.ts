import { describe, expect, test } from "bun:test";
import { CreateTransferStatus as Status } from "tigerbeetle-node";
import { chainResult, takenResult } from "../../src/adapters/tigerbeetle/results.ts";
import { chainRows, transferOf, unfit } from "../../src/adapters/tigerbeetle/rows.ts";
import { transferCodes } from "../../src/ledger/chart.ts";
import type { Transfer } from "../../src/ledger/transfer.ts";

const { created, exists, linked_event_failed: linked } = Status;

const transfer = (id: bigint, more: Partial<Transfer> = {}): Transfer => ({
  id,
  kind: "posted",
  debit: 11n,
  credit: 12n,
  amount: 100n,
  ledger: 7,
  code: transferCodes.paymentReceived,
  at: 1_770_000_000_000,
  reference: 2n ** 127n,
  ...more,
});

describe("what TigerBeetle answers to a chain", () => {
  test("is ok where all of it was created, or its only transfer exists", () => {
    expect(chainResult([created, created])).toEqual({ ok: true });
    expect(chainResult([exists])).toEqual({ ok: true });
  });

  test("is the refusal of the one that failed the others", () => {
    expect(chainResult([linked, Status.exceeds_credits, linked])).toEqual({
      ok: false,
      index: 1,
      reason: "exceeds_credits",
      detail: "exceeds credits",
    });
  });

  test.each([
    ["debit_account_not_found", "account_not_found"],
    ["credit_account_not_found", "account_not_found"],
    ["pending_transfer_not_found", "pending_not_found"],
    ["exceeds_debits", "exceeds_debits"],
    ["id_already_failed", "id_already_failed"],
    ["exists_with_different_amount", "exists_with_different"],
    ["exists_with_different_user_data_128", "exists_with_different"],
    ["pending_transfer_not_pending", "not_pending"],
    ["pending_transfer_already_posted", "already_posted"],
    ["pending_transfer_already_voided", "already_voided"],
    ["pending_transfer_expired", "pending_expired"],
    ["pending_transfer_has_different_amount", "pending_has_different"],
    ["exceeds_pending_transfer_amount", "exceeds_pending_amount"],
    ["accounts_must_be_different", "malformed"],
    ["overflows_debits_posted", "malformed"],
  ] as const)("%s means %s, and the words name it", (name, reason) => {
    const detail = name.replaceAll("_", " ");
    expect(chainResult([Status[name]])).toEqual({ ok: false, index: 0, reason, detail });
  });

  test("asks for what is there where a transfer of a chain is taken", () => {
    expect(chainResult([exists, linked])).toEqual({ takenAt: 0 });
    expect(chainResult([linked, exists])).toEqual({ takenAt: 1 });
    expect(chainResult([Status.exists_with_different_flags])).toEqual({ takenAt: 0 });
  });

  test("that it has never heard of is a refusal too", () => {
    expect(chainResult([9999 as Status])).toMatchObject({ reason: "malformed", detail: "status 9999" });
  });
});

describe("a chain of which something is taken", () => {
  const chain = [transfer(1n), transfer(2n, { kind: "pending", timeoutS: 5 })];
  const stored = (...transfers: Transfer[]) =>
    new Map(transfers.map((t, i) => [t.id, { ...t, order: BigInt(i + 1) }]));

  test("was posted before where all of it is there, alike", () => {
    expect(takenResult(chain, { takenAt: 0 }, stored(...chain))).toEqual({ ok: true });
  });

  test("is refused where only some of it is there, or differs, naming the field", () => {
    const [first = transfer(1n), second = transfer(2n)] = chain;
    const refused = { ok: false, index: 0, reason: "exists_with_different" } as const;
    expect(takenResult(chain, { takenAt: 0 }, stored(first))).toMatchObject(refused);
    expect(takenResult(chain, { takenAt: 0 }, stored({ ...first, amount: 5n }, second))).toEqual({
      ...refused,
      detail: "the id is taken by a transfer with a different amount",
    });
    // Nothing of it is there: it names one id twice.
    expect(takenResult([first, { ...first, amount: 1n }], { takenAt: 1 }, new Map())).toMatchObject({
      index: 1,
      reason: "exists_with_different",
    });
  });
});

describe("a transfer", () => {
  test("comes back as it was sent, linked to the next of its chain or not", () => {
    const chain = [
      transfer(1n, { balancing: "debit" }),
      transfer(2n, { kind: "pending", timeoutS: 5, balancing: "credit" }),
      transfer(3n, { kind: "post_pending", pendingId: 2n }),
      transfer(4n, { kind: "void_pending", pendingId: 2n }),
    ];
    const rows = chainRows(chain);
    expect(rows.map(({ flags }) => flags & 1)).toEqual([1, 1, 1, 0]);
    expect(rows.map(transferOf)).toEqual(chain.map((t) => ({ ...t, order: 0n })));
  });

  test.each([
    ["amount", { amount: -1n }],
    ["amount", { amount: 2n ** 128n }],
    ["id", { id: 2n ** 128n }],
    ["timeout", { kind: "pending", timeoutS: 2 ** 32 }],
    ["timeout", { kind: "pending", timeoutS: 0.5 }],
    ["time", { at: -1 }],
    ["ledger", { ledger: 2 ** 32 }],
  ] as const)("whose %s is out of range is not sent", (field, more) => {
    expect(unfit(transfer(1n, more))).toBe(field);
    expect(unfit(transfer(1n))).toBeNull();
  });
});
