import type { Catalog } from "../../src/catalog/catalog.ts";
import { assert } from "../../src/errors.ts";
import { decimal, formatDecimal, isZero } from "../../src/money/decimal.ts";
import { decodeContract, encodeContract, type StoredContract } from "./contracts/contract.ts";
import { decodeGrant, encodeGrant, type StoredGrant } from "./credits/grant_snapshot.ts";
import { decodeFirstSnapshot } from "./first_snapshot.ts";
import { decodeReservation, encodeReservation, type StoredReservation } from "./reservations/reservation.ts";
import { decodeSubscription, encodeSubscription, type StoredSubscription } from "./snapshot_subscription.ts";
import { type CustomerState, type LimitState, newCustomerState } from "./state.ts";

/** Raised with every change of the stored shape; older versions stay decodable. */
export const SNAPSHOT_VERSION = 3;

/** A limit as stored: of one shape in every version. */
export type StoredLimit = Omit<LimitState, "terms"> & {
  terms: Omit<LimitState["terms"], "monthlyLimit"> & { monthlyLimit: string };
};

type StoredState = Pick<CustomerState, "seq" | "now" | "profile"> & {
  subscriptions: StoredSubscription[];
  limits: StoredLimit[];
  grants: StoredGrant[];
  contracts: StoredContract[];
  /** Absent before version 3. */
  reservations?: StoredReservation[];
};

/** A customer's state as JSON text; what the catalog can give again is left out. */
export function encodeSnapshot(state: CustomerState): string {
  const stored: StoredState = {
    seq: state.seq,
    now: state.now,
    profile: state.profile,
    subscriptions: state.subscriptions.map(encodeSubscription),
    limits: state.limits.map((l) => ({
      ...l,
      terms: { ...l.terms, monthlyLimit: formatDecimal(l.terms.monthlyLimit) },
    })),
    // What is used up has its document.
    grants: state.grants.filter((grant) => !isZero(grant.remaining)).map(encodeGrant),
    contracts: state.contracts.map(encodeContract),
    reservations: state.reservations.map(encodeReservation),
  };
  return JSON.stringify(stored);
}

/** The state a snapshot holds. Fails loudly on a version of the future or a plan the catalog does not have. */
export function decodeSnapshot(
  key: { readonly companyId: string; readonly customerId: string },
  version: number,
  text: string,
  catalog: Catalog,
): CustomerState {
  if (version === 1) return decodeFirstSnapshot(key, text, catalog);
  assert(version === 2 || version === SNAPSHOT_VERSION, `snapshot version ${version} can be read`);
  const stored = JSON.parse(text) as StoredState;
  return {
    ...newCustomerState(key.companyId, key.customerId),
    seq: stored.seq,
    now: stored.now,
    profile: stored.profile,
    subscriptions: stored.subscriptions.map((s) => decodeSubscription(s, catalog)),
    limits: stored.limits.map(decodeLimit),
    grants: stored.grants.map(decodeGrant),
    contracts: stored.contracts.map(decodeContract),
    reservations: (stored.reservations ?? []).map(decodeReservation),
  };
}

export function decodeLimit(stored: StoredLimit): LimitState {
  return { ...stored, terms: { ...stored.terms, monthlyLimit: decimal(stored.terms.monthlyLimit) } };
}
