import { expect } from "bun:test";
import type { AccountName } from "../../src/ledger/chart.ts";
import {
  expiredPosting,
  grantedPosting,
  memoPosting,
  voidedPosting,
} from "../../src/ledger/postings/credit.ts";
import {
  canceledChain,
  issuedPosting,
  recoveredPosting,
  writtenOffPosting,
} from "../../src/ledger/postings/invoice.ts";
import {
  disputeLost,
  feeCharged,
  paidOut,
  paymentPending,
  paymentPosted,
  paymentReceived,
  paymentVoided,
  refundPaid,
} from "../../src/ledger/postings/payment.ts";
import type { Posting } from "../../src/ledger/postings/posting.ts";
import { releasedPosting } from "../../src/ledger/postings/usage.ts";
import { CENT, customerId, KeptBooks, part, provider } from "./kept_books.ts";
import type { Act } from "./ledger_business.ts";

interface Invoice {
  readonly id: string;
  readonly posting: Posting;
  readonly total: bigint;
  readonly tax: bigint;
  /** What it did to every account, to be undone when it is canceled. */
  readonly effect: ReadonlyMap<AccountName, bigint>;
  due: bigint;
  credited: bigint;
  writtenOff: bigint;
  touched: boolean;
  canceled: boolean;
}

/** What a business does, in postings and in plain amounts. */
export class BusinessModel extends KeptBooks {
  readonly #invoices: Invoice[] = [];

  /** What is due of all invoices. */
  get due(): bigint {
    return this.#invoices.reduce((sum, invoice) => sum + invoice.due, 0n);
  }

  /** Does one thing, or nothing where it makes no sense now. */
  async perform(act: Act, nth: number): Promise<void> {
    const id = `fact ${nth}`;
    switch (act.kind) {
      case "issue":
        return this.#issue(act, id);
      case "grant":
        return this.#grant(act, id);
      case "void_grant":
      case "expire":
        return this.#endGrant(act, id);
      case "pay":
        return this.#pay(act, id);
      case "receive":
        return this.#receive(act, id);
      case "memo":
        return this.#memo(act, id);
      case "cancel":
      case "write_off":
      case "recover":
        return this.#settle(act, id);
      case "again": {
        const posting = this.posted[act.nth % Math.max(this.posted.length, 1)];
        if (posting !== undefined) expect(await this.send(posting)).toEqual({ ok: true });
        return;
      }
      default:
        return this.#other(act, id);
    }
  }

  async #issue(act: Extract<Act, { kind: "issue" }>, id: string): Promise<void> {
    const usage = BigInt(act.usage) * CENT;
    const advance = BigInt(act.advance) * CENT;
    const discount = ((BigInt(act.usage) * BigInt(act.discount)) / 100n) * CENT;
    const net = usage + advance - discount;
    const tax = (((net / CENT) * BigInt(act.tax)) / 100n) * CENT;
    const total = net + tax;
    const [paid, promotional] = [this.wallet("paidCredit"), this.wallet("promotionalCredit")];
    const promotionalCredit = promotional < total ? promotional : total;
    const paidCredit = paid < total - promotionalCredit ? paid : total - promotionalCredit;
    const accrued = usage + BigInt(act.crumbs);
    const none = new Map<string, bigint>();
    const posting = issuedPosting(this.occasion("invoice_issued", id), {
      ...{ customerId, usage, accrued, discount, paidCredit, promotionalCredit },
      subscriptionId: "sub_1",
      recurring: none,
      minimums: none,
      deferred: advance,
      tax: new Map([["US", tax]]),
      carriedOver: 0n,
      unusedCredit: 0n,
    });
    if (posting === null) return;
    const due = total - paidCredit - promotionalCredit;
    const effect = new Map<AccountName, bigint>([
      ["receivable", due],
      ["unbilled", -accrued],
      ["deferred", -advance],
      ["taxPayable", -tax],
      ["discounts", discount],
      ["rounding", accrued - usage],
      ["paidCredit", paidCredit],
      ["promotionalCredit", promotionalCredit],
    ]);
    await this.post(posting, effect);
    const state = { due, credited: 0n, writtenOff: 0n, touched: false, canceled: false };
    this.#invoices.push({ id, posting, total, tax, effect, ...state });
  }

  async #grant({ of, amount }: Extract<Act, { kind: "grant" }>, id: string): Promise<void> {
    const units = BigInt(amount) * CENT;
    const move = { customerId, kind: of, units };
    const effect: [AccountName, bigint][] =
      of === "paid"
        ? [
            ["processorClearing", units],
            ["paidCredit", -units],
          ]
        : [
            ["promotionalCost", units],
            ["promotionalCredit", -units],
          ];
    await this.post(grantedPosting(this.occasion("credit_granted", id), move, provider), new Map(effect));
  }

  async #endGrant(
    { kind, of, share }: Extract<Act, { kind: "expire" | "void_grant" }>,
    id: string,
  ): Promise<void> {
    const wallet = of === "paid" ? "paidCredit" : "promotionalCredit";
    const units = part(this.wallet(wallet), share);
    const move = { customerId, kind: of, units };
    if (kind === "expire") {
      const effect = new Map<AccountName, bigint>([
        [wallet, units],
        ["breakage", -units],
      ]);
      return this.post(expiredPosting(this.occasion("credit_expired", id), move), effect);
    }
    const source = of === "paid" ? "processorClearing" : "promotionalCost";
    const effect = new Map<AccountName, bigint>([
      [wallet, units],
      [source, -units],
    ]);
    return this.post(voidedPosting(this.occasion("credit_voided", id), move, provider), effect);
  }

  async #pay({ share, outcome, nth }: Extract<Act, { kind: "pay" }>, id: string): Promise<void> {
    const invoice = this.#open(nth);
    if (invoice === undefined || invoice.due === 0n) return;
    const units = part(invoice.due, share);
    const pending = paymentPending(
      this.occasion("payment_attempted", id),
      { customerId, provider, units },
      3600,
    );
    if (pending === null) return;
    const tried = await this.send(pending);
    const owed = this.net.get("receivable") ?? 0n;
    // Nobody pays more than what is due of all invoices: the account says so by itself.
    if (units > owed) return void expect(tried).toMatchObject({ ok: false, reason: "exceeds_debits" });
    expect(tried).toEqual({ ok: true });
    if (outcome === "voided" || units > invoice.due) {
      await this.post(paymentVoided(this.occasion("payment_failed", id), pending), new Map());
      return;
    }
    const paid = outcome === "partly" ? part(units, 50) : units;
    if (paid === 0n) return this.post(paymentVoided(this.occasion("payment_failed", id), pending), new Map());
    const posted = paymentPosted(this.occasion("payment_succeeded", id), pending, paid);
    await this.post(
      posted,
      new Map([
        ["processorClearing", paid],
        ["receivable", -paid],
      ]),
    );
    invoice.due -= paid;
    invoice.touched = true;
  }

  async #receive({ share, nth }: Extract<Act, { kind: "receive" }>, id: string): Promise<void> {
    const invoice = this.#open(nth);
    if (invoice === undefined) return;
    const units = part(invoice.total, share);
    const pays = units < invoice.due ? units : invoice.due;
    const move = { customerId, provider, units, due: invoice.due };
    const effect = new Map<AccountName, bigint>([
      ["processorClearing", units],
      ["receivable", -pays],
      ["paidCredit", pays - units],
    ]);
    await this.post(paymentReceived(this.occasion("payment_received", id), move), effect);
    invoice.due -= pays;
    invoice.touched = true;
  }

  async #memo({ share, disposition, nth }: Extract<Act, { kind: "memo" }>, id: string): Promise<void> {
    const invoice = this.#open(nth);
    if (invoice === undefined) return;
    const most = disposition === "reduce" ? invoice.due : invoice.total - invoice.credited;
    const amount = part(most, share);
    if (amount === 0n) return;
    const tax = (((amount / CENT) * (invoice.tax / CENT)) / (invoice.total / CENT)) * CENT;
    const [reduces, credits, refunds] = (["reduce", "credit", "refund"] as const).map((one) =>
      one === disposition ? amount : 0n,
    );
    const memo = {
      ...{ customerId, net: amount - tax, tax: new Map([["US", tax]]) },
      ...{ reduces: reduces ?? 0n, credits: credits ?? 0n, refunds: refunds ?? 0n },
    };
    const effect = new Map<AccountName, bigint>([
      ["discounts", amount - tax],
      ["taxPayable", tax],
      ["receivable", -memo.reduces],
      ["paidCredit", -memo.credits],
      ["refundsPayable", -memo.refunds],
    ]);
    await this.post(memoPosting(this.occasion("memo_issued", id), memo), effect);
    invoice.due -= memo.reduces;
    invoice.credited += amount;
    invoice.touched = true;
  }

  async #settle(
    { kind, nth }: Extract<Act, { kind: "cancel" | "write_off" | "recover" }>,
    id: string,
  ): Promise<void> {
    const invoice = this.#open(nth);
    if (invoice === undefined) return;
    if (kind === "cancel") {
      const advance = -(invoice.effect.get("deferred") ?? 0n);
      const isEarned = advance > -(this.net.get("deferred") ?? 0n);
      if (invoice.touched || isEarned) return;
      const { chain, accounts } = invoice.posting;
      const mirror = canceledChain(this.occasion("invoice_canceled", invoice.id), chain);
      await this.post(
        { chain: mirror, accounts },
        new Map([...invoice.effect].map(([name, units]) => [name, -units])),
      );
      invoice.due = 0n;
      invoice.canceled = true;
      return;
    }
    const units = kind === "write_off" ? invoice.due : invoice.writtenOff;
    const sign = kind === "write_off" ? 1n : -1n;
    const make = kind === "write_off" ? writtenOffPosting : recoveredPosting;
    const effect = new Map<AccountName, bigint>([
      ["badDebt", units * sign],
      ["receivable", -units * sign],
    ]);
    await this.post(make(this.occasion(kind, id), customerId, units), effect);
    invoice.due -= units * sign;
    invoice.writtenOff += units * sign;
    if (units > 0n) invoice.touched = true;
  }

  async #other(
    { kind, share }: Extract<Act, { kind: "refund" | "fee" | "payout" | "dispute" | "release" }>,
    id: string,
  ) {
    const of = (name: AccountName) => part(-(this.net.get(name) ?? 0n), share);
    const units =
      kind === "refund" ? of("refundsPayable") : kind === "release" ? of("deferred") : BigInt(share) * CENT;
    const at = this.occasion(kind, id);
    const move = { customerId, provider, units };
    const deferral = { customerId, subscriptionId: "sub_1", productId: "" };
    const [posting, debit, credit] = {
      refund: () => [refundPaid(at, move), "refundsPayable", "processorClearing"] as const,
      fee: () => [feeCharged(at, provider, units), "processorFees", "processorClearing"] as const,
      payout: () => [paidOut(at, provider, units), "bankSettlement", "processorClearing"] as const,
      dispute: () => [disputeLost(at, provider, units), "badDebt", "processorClearing"] as const,
      release: () => [releasedPosting(at, deferral, units), "deferred", "recurringRevenue"] as const,
    }[kind]();
    await this.post(
      posting,
      new Map<AccountName, bigint>([
        [debit, units],
        [credit, -units],
      ]),
    );
  }

  #open(nth: number): Invoice | undefined {
    const open = this.#invoices.filter((invoice) => !invoice.canceled);
    return open[nth % Math.max(open.length, 1)];
  }
}
