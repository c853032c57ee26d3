import { expect, test } from "bun:test";
import fc from "fast-check";
import { add, compare, type Decimal, decimal, formatDecimal, sub, ZERO } from "../../src/money/decimal.ts";
import { life, lived } from "./laws_lives.ts";
import { invoicesOf } from "./laws_scenes.ts";

const total = (amounts: readonly string[]): Decimal =>
  amounts.reduce((sum, amount) => add(sum, decimal(amount)), ZERO);

test("credit is never below zero nor used twice, and its history adds up to what is left", () => {
  fc.assert(
    fc.property(life, (it) => {
      const ada = lived(it);
      ada.try({ type: "cancel_subscription", ref: "sub_1", at: "now" });
      ada.advance(ada.now + 120 * 86_400_000);
      const left = new Map<string, Decimal>();
      const used = new Map<string, string[]>();
      for (const fact of ada.facts) {
        if (fact.type === "credit_granted") {
          expect(left.has(fact.grant_id)).toBe(false);
          left.set(fact.grant_id, decimal(fact.amount));
        } else if (fact.type.startsWith("credit_") && "grant_id" in fact && "amount" in fact) {
          const after = sub(left.get(fact.grant_id) ?? ZERO, decimal(String(fact.amount)));
          expect(compare(after, ZERO)).toBeGreaterThanOrEqual(0);
          left.set(fact.grant_id, after);
          if (fact.type === "credit_applied")
            used.set(fact.invoice_id, [...(used.get(fact.invoice_id) ?? []), fact.amount]);
        }
      }
      for (const grant of ada.state.grants)
        expect(formatDecimal(grant.remaining)).toBe(formatDecimal(left.get(grant.id) ?? ZERO));
      for (const invoice of invoicesOf(ada)) {
        const applied = total(used.get(invoice.id ?? "") ?? []);
        expect(compare(applied, decimal(invoice.credits_applied))).toBe(0);
        expect(compare(sub(decimal(invoice.total), applied), decimal(invoice.amount_due))).toBe(0);
        expect(compare(decimal(invoice.amount_due), ZERO)).toBeGreaterThanOrEqual(0);
      }
    }),
    { numRuns: 150 },
  );
});
