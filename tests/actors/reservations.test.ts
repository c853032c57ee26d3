import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { checkUsage } from "../../actors/customer/check.ts";
import { evolve } from "../../actors/customer/evolve.ts";
import { nextWake } from "../../actors/customer/next_wake.ts";
import { heldUnder } from "../../actors/customer/reservations/reservation.ts";
import { decodeSnapshot, encodeSnapshot, SNAPSHOT_VERSION } from "../../actors/customer/snapshot.ts";
import { spendIn } from "../../actors/customer/spend.ts";
import { newCustomerState } from "../../actors/customer/state.ts";
import { decimal } from "../../src/money/decimal.ts";
import { addExact, compareExact, formatExact } from "../../src/money/ratio.ts";
import { Customer, row } from "./customer.ts";

const monthly = { currency: "USD", interval: "month", interval_count: 1 };
const catalog = [
  row("metric", "tokens", { event_type: "llm", aggregation: "sum", field: "n" }),
  row("price", "token_price", { ...monthly, model: "per_unit", metric_id: "tokens", unit_amount: "1" }),
  row("plan", "llm", { currency: "USD", prices: [{ id: "token_price", version: 1 }] }),
];

/** A customer at a dollar per token, under a limit. */
function customer(limit = "100", action: "block" | "suspend" | "notify" = "block"): Customer {
  const ada = new Customer(catalog, "2026-01-01");
  ada.subscribe("llm");
  ada.limit(limit, { action });
  return ada;
}

function reserve(ada: Customer, id: string, amount: string, seconds = 60) {
  const hold = { amount: decimal(amount) };
  const reserved = { reservationId: id, subscriptionRef: null, hold, expiresInMs: seconds * 1000 };
  return ada.try({ type: "reserve_budget", ...reserved });
}

function commit(ada: Customer, id: string, n: string, more: object = {}) {
  const event = { event_id: `of ${id}`, event_type: "llm", customer_id: "cust_1", properties: { n } };
  const command = { reservationId: id, event, occurredAt: null, digest: id, ...more };
  return ada.try({ type: "commit_reservation", ...command });
}

const release = (ada: Customer, id: string) => ada.try({ type: "release_reservation", reservationId: id });

/** The code of a refusal, else the reply. */
function told(ada: Customer, outcome: ReturnType<Customer["try"]>): unknown {
  if (outcome.kind === "refused") return outcome.error.code;
  return outcome.kind === "facts" ? outcome.reply(ada.state) : outcome.kind;
}

function taken(ada: Customer): string {
  const [limit] = ada.state.limits;
  if (limit === undefined) return "no limit";
  return formatExact(addExact(spendIn(ada.state, limit), heldUnder(ada.state, limit, ada.now)));
}

const ask = (ada: Customer, n: string) =>
  checkUsage(ada.state, { eventType: "llm", subscriptionRef: null, properties: { n } }, ada.ctx);

describe("a reservation", () => {
  test("holds budget against checks, other reservations and events under a limit that blocks", () => {
    const ada = customer();
    expect(told(ada, reserve(ada, "r1", "70"))).toMatchObject({ id: "r1", status: "held", amount: "70" });
    expect(ask(ada, "30")).toEqual({ allowed: true, cost: "30", remaining: "30" });
    expect(ask(ada, "31")).toEqual({ allowed: false, cost: "31", remaining: "30", reason: "spend_limit" });
    expect(told(ada, reserve(ada, "r2", "30.01"))).toBe("SPEND_001");
    expect(ada.use("llm", { n: "31" }).kind).toBe("refused");
    expect(ada.use("llm", { n: "30" }).kind).toBe("facts");
    expect(told(ada, reserve(ada, "r2", "0.01"))).toBe("SPEND_001");
  });

  test("is committed with what it really cost, and lets go of the rest", () => {
    const ada = customer();
    reserve(ada, "r1", "70");
    expect(told(ada, commit(ada, "r1", "12.5"))).toMatchObject({
      status: "committed",
      amount: "70",
      cost: "12.5",
      excess: "0",
      event: { event_id: "of r1", status: "applied" },
    });
    expect(taken(ada)).toBe("12.5");
    expect(told(ada, commit(ada, "r1", "12.5"))).toBe("RES_001");
    expect(told(ada, release(ada, "r1"))).toBe("RES_001");
  });

  test("records what exceeds the hold, even beyond a limit that blocks, and tells the excess", () => {
    const ada = customer();
    reserve(ada, "r1", "90");
    expect(told(ada, commit(ada, "r1", "110"))).toMatchObject({ cost: "110", excess: "20" });
    expect(taken(ada)).toBe("110");
    expect(ask(ada, "1").allowed).toBe(false);
  });

  test("holds the cost of an event", () => {
    const ada = customer();
    const hold = { event: { eventType: "llm", properties: { n: "40" } } };
    const reserved = { reservationId: "r1", subscriptionRef: null, hold, expiresInMs: 1000 };
    expect(told(ada, ada.try({ type: "reserve_budget", ...reserved }))).toMatchObject({
      amount: "40",
      subscription_id: "sub_1",
    });
    const odd = { ...reserved, reservationId: "r2", hold: { event: { eventType: "odd", properties: {} } } };
    expect(told(ada, ada.try({ type: "reserve_budget", ...odd }))).toBe("RES_002");
  });

  test("is free again once released, and when its time is over", () => {
    const ada = customer();
    reserve(ada, "r1", "60", 60);
    reserve(ada, "r2", "40", 120);
    release(ada, "r2");
    expect(taken(ada)).toBe("60");
    expect(nextWake(ada.state)).toBe(ada.now + 60_000);
    ada.now += 60_000; // an event may come before the actor is woken
    expect(ada.use("llm", { n: "100" }).kind).toBe("facts");
    expect(
      ada.ofType("reservation_ended").map(({ reservation_id, reason }) => [reservation_id, reason]),
    ).toEqual([
      ["r2", "released"],
      ["r1", "expired"],
    ]);
    expect(told(ada, commit(ada, "r1", "1"))).toBe("RES_001");
  });

  test("is held once under one id", () => {
    const ada = customer();
    reserve(ada, "r1", "60");
    expect(told(ada, reserve(ada, "r1", "60"))).toMatchObject({ id: "r1", amount: "60" });
    expect(taken(ada)).toBe("60");
  });

  test("ends with an event that counts already, which is not counted again", () => {
    const ada = customer();
    reserve(ada, "r1", "60");
    expect(told(ada, commit(ada, "r1", "5", { known: "conflict" }))).toBe("RES_002");
    expect(taken(ada)).toBe("60");
    expect(told(ada, commit(ada, "r1", "5", { known: "duplicate" }))).toMatchObject({
      event: { status: "duplicate" },
    });
    expect(taken(ada)).toBe("0");
  });

  test("is refused while suspended, and never by a limit that only notifies", () => {
    const ada = customer("10", "suspend");
    ada.use("llm", { n: "11" });
    expect(told(ada, reserve(ada, "r1", "1"))).toBe("SPEND_001");
    const bob = customer("10", "notify");
    expect(told(bob, reserve(bob, "r1", "1000"))).toMatchObject({ status: "held" });
  });

  test("is kept where its event fits nowhere", () => {
    const ada = customer();
    reserve(ada, "r1", "60");
    expect(told(ada, commit(ada, "r1", "1", { occurredAt: 0 }))).toBe("RES_002");
    expect(taken(ada)).toBe("60");
  });
});

const id = fc.constantFrom("a", "b", "c", "d");
const amount = fc.integer({ min: 1, max: 80 }).map(String);
const action = fc.oneof(
  fc.record({ do: fc.constant("reserve" as const), id, amount, seconds: fc.integer({ min: 1, max: 90 }) }),
  fc.record({ do: fc.constant("commit" as const), id, part: fc.integer({ min: 0, max: 100 }) }),
  fc.record({ do: fc.constant("release" as const), id }),
  fc.record({ do: fc.constant("use" as const), amount }),
  fc.record({ do: fc.constant("pass" as const), seconds: fc.integer({ min: 0, max: 60 }) }),
  fc.record({ do: fc.constant("restore" as const) }),
);

test("law: spent and held never exceed a limit that blocks, and facts and snapshots tell the whole state", () => {
  fc.assert(
    fc.property(fc.array(action, { maxLength: 40 }), (actions) => {
      const ada = customer();
      const held = new Map<string, number>();
      for (const [i, what] of actions.entries()) {
        const name = "id" in what ? what.id : "";
        if (what.do === "reserve") reserve(ada, name, what.amount, what.seconds);
        else if (what.do === "commit") {
          const open = held.get(name) ?? 0;
          commit(ada, name, String(Math.floor((open * what.part) / 100)), { digest: `${i}` });
        } else if (what.do === "release") release(ada, name);
        else if (what.do === "use") ada.use("llm", { n: what.amount });
        else if (what.do === "pass") ada.now += what.seconds * 1000;
        else {
          const key = { companyId: "co_1", customerId: "cust_1" };
          const read = decodeSnapshot(key, SNAPSHOT_VERSION, encodeSnapshot(ada.state), ada.catalog);
          expect(encodeSnapshot(read)).toBe(encodeSnapshot(ada.state));
          ada.state.reservations = read.reservations;
        }
        const ids = ada.state.reservations.map((r) => r.id);
        expect(new Set(ids).size).toBe(ids.length);
        held.clear();
        for (const r of ada.state.reservations) held.set(r.id, Number(formatExact(r.amount)));
        expect(compareExact(decimal(taken(ada)), decimal("100"))).toBeLessThanOrEqual(0);
      }
      const replayed = newCustomerState("co_1", "cust_1");
      for (const fact of ada.facts) evolve(replayed, structuredClone(fact), ada.catalog);
      replayed.now = ada.state.now;
      expect(encodeSnapshot(replayed)).toBe(encodeSnapshot(ada.state));
    }),
    { numRuns: 200 },
  );
});

test("a snapshot from before there were reservations is read", () => {
  const ada = customer();
  const { reservations: _, ...older } = JSON.parse(encodeSnapshot(ada.state));
  const key = { companyId: "co_1", customerId: "cust_1" };
  const read = decodeSnapshot(key, 2, JSON.stringify(older), ada.catalog);
  expect(encodeSnapshot(read)).toBe(encodeSnapshot(ada.state));
});
