import { expect } from "bun:test";
import { evolve } from "../../actors/customer/evolve.ts";
import { decodeSnapshot, encodeSnapshot, SNAPSHOT_VERSION } from "../../actors/customer/snapshot.ts";
import { newCustomerState } from "../../actors/customer/state.ts";
import type { Customer } from "./customer.ts";

/** A customer's facts, read back from JSON, lead to its state; so does its snapshot. */
export function expectReplays({ state, facts, catalog }: Customer): void {
  const key = { companyId: state.companyId, customerId: state.customerId };
  const text = encodeSnapshot(state);
  const replayed = newCustomerState(key.companyId, key.customerId);
  for (const fact of facts) evolve(replayed, JSON.parse(JSON.stringify(fact)), catalog);
  const known = { ...replayed, now: state.now };
  expect(JSON.parse(encodeSnapshot(known))).toEqual(JSON.parse(text));
  expect(JSON.parse(encodeSnapshot(decodeSnapshot(key, SNAPSHOT_VERSION, text, catalog)))).toEqual(
    JSON.parse(text),
  );
}
