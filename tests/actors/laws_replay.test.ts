import { expect, test } from "bun:test";
import fc from "fast-check";
import { previewChange } from "../../actors/customer/preview_change.ts";
import { encodeSnapshot } from "../../actors/customer/snapshot.ts";
import { upcomingInvoice } from "../../actors/customer/upcoming.ts";
import { BillingError } from "../../src/errors.ts";
import type { Invoice } from "../../src/invoicing/invoice.ts";
import { add, decimal, ZERO } from "../../src/money/decimal.ts";
import { formatMoney } from "../../src/money/money.ts";
import { type Life, life, lived, planChange } from "./laws_lives.ts";
import { change, invoicesOf } from "./laws_scenes.ts";
import type { StoredCustomer } from "./laws_store.ts";

/** What an invoice says in numbers, in order. */
const amountsOf = (invoice: Invoice | null | undefined) => ({
  lines: invoice?.line_items.map((line) => [
    line.type,
    line.quantity,
    line.amount,
    line.discount_amount,
    line.period_end,
  ]),
  discounts: invoice?.discounts,
  subtotal: invoice?.subtotal,
  total: invoice?.total,
  credits: invoice?.credits_applied,
  due: invoice?.amount_due,
});

/** A year on, when all that is under way has been invoiced. */
function ended(ada: StoredCustomer): StoredCustomer {
  ada.try({ type: "cancel_subscription", ref: "sub_1", at: "now" });
  ada.advance(ada.now + 120 * 86_400_000);
  return ada;
}

/** True where an invoice drafted later was issued earlier, with a coupon or credit that the other was to have. */
function isOvertaken(ada: StoredCustomer, draftedBefore: number): boolean {
  const drafted = ada.ofType("invoice_drafted").slice(draftedBefore);
  const issued = invoicesOf(ada).map(({ id }) => id);
  const places = drafted.flatMap(({ invoice_id: id }) => (issued.includes(id) ? [issued.indexOf(id)] : []));
  return places.some((place, nth) => place < (places[nth - 1] ?? 0));
}

const textOf = (value: unknown): string =>
  JSON.stringify(value, (key, held: unknown) =>
    key === "touches" || key === "rebuilt" ? undefined : typeof held === "bigint" ? `${held}` : held,
  );

test("all facts replayed lead to the state they came from", () => {
  fc.assert(
    fc.property(life, (it) => {
      const ada = lived(it);
      expect(encodeSnapshot(ada.replayed())).toBe(encodeSnapshot(ada.state));
      ended(ada);
      expect(encodeSnapshot(ada.replayed())).toBe(encodeSnapshot(ada.state));
    }),
    { numRuns: 100 },
  );
});

test("what is kept of usage is what its stored events come to, at any moment", () => {
  fc.assert(
    fc.property(life, (it) => {
      lived(it, (ada) => expect(ada.unproven()).toEqual([]));
    }),
    { numRuns: 100 },
  );
});

test("a customer read back from a snapshot at any moment goes on alike", () => {
  fc.assert(
    fc.property(life, (it) => {
      const reloaded = ended(lived(it, (ada) => ada.reload()));
      expect(textOf(reloaded.facts)).toBe(textOf(ended(lived(it)).facts));
    }),
    { numRuns: 100 },
  );
});

test("the invoice that is said to come is the one that comes", () => {
  fc.assert(
    fc.property(life, (it) => {
      const ada = lived(it);
      const said = upcomingInvoice(ada.state, "sub_1", ada.ctx);
      const before = ada.ofType("invoice_drafted").length;
      ada.advance(ada.now + 450 * 86_400_000);
      fc.pre(!isOvertaken(ada, before));
      const drafted = ada.ofType("invoice_drafted").slice(before);
      const come = drafted
        .map((fact) => invoicesOf(ada).find((invoice) => invoice.id === fact.invoice_id))
        .find((invoice) => invoice !== undefined);
      const expires = ada.ofType("credit_granted").some((fact) => fact.expires_at !== null);
      const [a, b] = [amountsOf(said), amountsOf(come)];
      // Credit may expire between a draft and its issue.
      expect(expires ? { ...a, credits: null, due: null } : a).toEqual(
        expires ? { ...b, credits: null, due: null } : b,
      );
    }),
    { numRuns: 100 },
  );
});

test("the preview of a change is what the change then bills", () => {
  fc.assert(
    fc.property(life, planChange, (it, { to, ...more }) => {
      const ada = lived({ ...it, acts: withoutExpiry(it) });
      const command = change(to, more);
      const before = { drafts: ada.ofType("invoice_drafted").length };
      const told = preview(ada, command);
      const outcome = ada.try(command);
      expect(outcome.kind === "refused" ? outcome.error.code : "done").toBe(
        told instanceof BillingError ? told.code : "done",
      );
      if (told instanceof BillingError) return;
      const made = ada.now;
      ada.advance(made);
      const ids = ada
        .ofType("invoice_drafted")
        .slice(before.drafts)
        .map((fact) => fact.invoice_id);
      const nth = ids.length;
      ada.advance(made + 450 * 86_400_000);
      fc.pre(!isOvertaken(ada, before.drafts));
      const invoices = invoicesOf(ada).filter((invoice) => invoice.id !== null && ids.includes(invoice.id));
      expect(told.line_items).toEqual(invoices.flatMap((invoice) => invoice.line_items));
      const due = invoices.reduce((sum, invoice) => add(sum, decimal(invoice.amount_due)), ZERO);
      expect(told.amount_due_now).toBe(formatMoney(due, "USD"));
      const grants = ada.ofType("credit_granted").filter((fact) => ids.includes(fact.invoice_id ?? ""));
      const credit = grants.reduce((sum, fact) => add(sum, decimal(fact.amount)), ZERO);
      expect(told.credit).toBe(formatMoney(credit, "USD"));
      const next = ada
        .ofType("invoice_drafted")
        .slice(before.drafts + nth)
        .map((fact) => invoicesOf(ada).find((invoice) => invoice.id === fact.invoice_id))
        .find((invoice) => invoice !== undefined);
      expect(amountsOf(told.next_invoice)).toEqual(amountsOf(next));
    }),
    { numRuns: 150 },
  );
});

function preview(ada: StoredCustomer, command: ReturnType<typeof change>) {
  try {
    return previewChange(ada.state, command, ada.ctx);
  } catch (error) {
    if (error instanceof BillingError) return error;
    throw error;
  }
}

function withoutExpiry({ acts }: Life): Life["acts"] {
  return acts.map(([hours, one]) => [hours, one.kind === "grant" ? { ...one, days: null } : one]);
}
