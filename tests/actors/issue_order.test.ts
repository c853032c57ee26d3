import { expect, test } from "bun:test";
import { at, Customer, change, flat, linesOf, perUnit, plan, sumOf } from "./laws_scenes.ts";

test("a draft issued before the one it was to follow uses nothing that one has yet to give", () => {
  // With usage to wait for, a change of plan leaves a draft.
  const prices = [
    sumOf("calls", "calls"),
    perUnit("call", "calls", "1"),
    flat("month", "31", { timing: "advance" }),
  ];
  const ada = new Customer(
    [...prices, plan("paid", ["month", "call"]), plan("free", ["call"])],
    "2026-03-01",
  );
  ada.settings = { ...ada.settings, invoice_grace_seconds: 2 * 86_400 };
  ada.subscribe("paid");
  // Ten days of a month at 1 a day; the other 21 were paid for in advance and come back as credit.
  ada.advance("2026-03-11");
  ada.do(change("free", { at: "now", asked: { unused: "credit" } }));
  ada.advance(at("2026-03-11") + 1);
  ada.do(change("paid", { at: "now" }));
  ada.advance(at("2026-03-11") + 2);
  const [first, second] = ada.state.subscriptions[0]?.drafts ?? [];
  ada.do({ type: "issue_invoice", invoiceId: second?.id ?? "" });
  ada.do({ type: "issue_invoice", invoiceId: first?.id ?? "" });
  const issued = ada.ofType("invoice_issued").map(({ invoice }) => invoice);
  const [, late, early] = issued;
  expect([late?.id, early?.id]).toEqual([second?.id, first?.id]);
  expect(linesOf(late)).toContain("recurring 21.00");
  expect([late?.credits_applied, late?.amount_due]).toEqual(["0.00", "21.00"]);
  expect(ada.ofType("credit_granted").map(({ amount }) => amount)).toEqual(["21"]);
});
