import { afterAll, beforeAll, expect, test } from "bun:test";
import fc from "fast-check";
import { BusinessModel } from "./business_model.ts";
import type { LedgerSubject } from "./ledger_scene.ts";

const cents = fc.integer({ min: 1, max: 50_000 });
const share = fc.integer({ min: 1, max: 100 });

/** What a business does, in the order it comes; what makes no sense at the moment is passed over. */
const act = fc.oneof(
  fc.record({
    kind: fc.constant("issue" as const),
    usage: cents,
    crumbs: fc.integer({ min: -99, max: 99 }),
    tax: fc.integer({ min: 0, max: 20 }),
    discount: fc.integer({ min: 0, max: 100 }),
    advance: fc.option(cents, { nil: 0 }),
  }),
  fc.record({
    kind: fc.constant("grant" as const),
    of: fc.constantFrom("paid", "promotional"),
    amount: cents,
  } as const),
  fc.record({
    kind: fc.constantFrom("void_grant", "expire"),
    of: fc.constantFrom("paid", "promotional"),
    share,
  } as const),
  fc.record({
    kind: fc.constant("pay" as const),
    share: fc.integer({ min: 1, max: 130 }),
    outcome: fc.constantFrom("posted", "partly", "voided"),
    nth: fc.nat(9),
  } as const),
  fc.record({
    kind: fc.constant("receive" as const),
    share: fc.integer({ min: 1, max: 150 }),
    nth: fc.nat(9),
  }),
  fc.record({
    kind: fc.constant("memo" as const),
    share,
    disposition: fc.constantFrom("reduce", "credit", "refund"),
    nth: fc.nat(9),
  } as const),
  fc.record({ kind: fc.constantFrom("cancel", "write_off", "recover"), nth: fc.nat(9) } as const),
  fc.record({ kind: fc.constantFrom("refund", "fee", "payout", "dispute", "release"), share } as const),
  fc.record({ kind: fc.constant("again" as const), nth: fc.nat(30) }),
);
export type Act = typeof act extends fc.Arbitrary<infer T> ? T : never;

/** Invoices, payments, memos, cancellations, write-offs and credit in any order keep every identity. */
export function businessContract(name: string, open: () => Promise<LedgerSubject>, numRuns: number): void {
  let subject: LedgerSubject;
  beforeAll(async () => {
    subject = await open();
  }, 60_000);
  afterAll(() => subject.close(), 60_000);

  test(`${name}: whatever a business does, the books are what a plain list of amounts says`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(act, { minLength: 5, maxLength: 25 }), async (acts) => {
        const book = await subject.book();
        const model = new BusinessModel(book, subject.ledger);
        for (const [nth, one] of acts.entries()) await model.perform(one, nth);
        const { held, expected, owed } = await model.compared();
        expect(held).toEqual(expected);
        expect(owed).toBe(model.due);
        const totals = await subject.ledger.totals(book.companyId, [book.number]);
        const debits = totals.reduce((sum, total) => sum + total.debitsPosted, 0n);
        expect(totals.reduce((sum, total) => sum + total.creditsPosted, 0n)).toBe(debits);
      }),
      { numRuns },
    );
  }, 120_000);
}
