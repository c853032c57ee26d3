import { assembleInvoice } from "../actors/customer/assemble.ts";
import type { CreditFact } from "../actors/customer/credits/credit_facts.ts";
import { limitDocument, subscriptionDocument } from "../actors/customer/documents.ts";
import type { AlertFired, Fact } from "../actors/customer/facts.ts";
import { type CustomerState, covers, findSubscription, type LimitState } from "../actors/customer/state.ts";
import type { SubscriptionState } from "../actors/customer/subscription_state.ts";
import type { Invoice } from "../src/invoicing/invoice.ts";
import type { DocumentRow } from "../src/ports/stored_rows.ts";
import { formatInstant, type Instant, parseInstant } from "../src/time/instant.ts";
import { contractRows, creditRows } from "./credit_documents.ts";

/** Which documents of a customer a batch has made stale; they are rendered once, from the state after it. */
export interface Dirty {
  customer: boolean;
  readonly subscriptions: Set<string>;
  readonly limits: Set<string>;
  readonly removedLimits: Map<string, Instant>;
  /** Invoice ids of drafts. */
  readonly drafts: Set<string>;
  readonly issued: { readonly invoice: Invoice; readonly createdAt: Instant; readonly at: Instant }[];
  readonly alerts: AlertFired[];
  readonly credits: { readonly fact: CreditFact; readonly seq: number }[];
  readonly contracts: Set<string>;
}

export function newDirty(): Dirty {
  return {
    customer: false,
    subscriptions: new Set(),
    limits: new Set(),
    removedLimits: new Map(),
    drafts: new Set(),
    issued: [],
    alerts: [],
    credits: [],
    contracts: new Set(),
  };
}

/** Whether a fact may make a document stale: usage does where a draft waits to be issued. */
export function isShown(fact: Fact, state: CustomerState): boolean {
  return fact.type !== "usage_recorded" || state.subscriptions.some(({ drafts }) => drafts.length > 0);
}

/** Notes what a fact, already evolved into the state, makes stale. */
export function markDirty(dirty: Dirty, state: CustomerState, fact: Fact, seq: number): void {
  switch (fact.type) {
    case "customer_created":
    case "customer_updated":
      dirty.customer = true;
      return;
    case "usage_recorded":
    case "usage_voided":
      return markDraft(dirty, state, fact.subscription_id, fact.occurred_at);
    case "usage_adjusted":
    case "reservation_made":
    case "reservation_ended":
      return;
    case "credit_granted":
    case "credit_activated":
    case "credit_applied":
    case "credit_expired":
    case "credit_voided":
    case "credit_rolled_over":
      dirty.credits.push({ fact, seq });
      return;
    case "contract_created":
    case "contract_started":
    case "contract_updated":
    case "contract_terminated":
    case "contract_renewed":
    case "contract_ended":
    case "contract_trued_up":
      dirty.contracts.add(fact.contract_id);
      return;
    case "period_closed":
    case "invoice_drafted":
      dirty.subscriptions.add(fact.subscription_id);
      dirty.drafts.add(fact.invoice_id);
      return;
    case "invoice_held":
      dirty.drafts.add(fact.invoice_id);
      return;
    case "invoice_issued":
      return markIssued(dirty, state, fact);
    case "alert_fired":
      dirty.alerts.push(fact);
      return;
    case "limit_removed":
      dirty.removedLimits.set(fact.limit_id, fact.at);
      dirty.limits.delete(fact.limit_id);
      return markAll(dirty, state);
    case "limit_set":
    case "limit_window_opened":
    case "limit_exceeded":
    case "limit_cleared":
      dirty.limits.add(fact.limit_id);
      return markCovered(dirty, state, fact.limit_id);
    default:
      dirty.subscriptions.add(fact.subscription_id);
  }
}

function markIssued(
  dirty: Dirty,
  state: CustomerState,
  { invoice, at, settles_at: settlesAt }: Extract<Fact, { type: "invoice_issued" }>,
): void {
  dirty.drafts.delete(invoice.id ?? "");
  dirty.issued.push({ invoice, createdAt: settlesAt ?? parseInstant(invoice.period_end) ?? at, at });
  // It counts towards what was committed to.
  for (const { id, currency } of state.contracts) if (currency === invoice.currency) dirty.contracts.add(id);
}

/** Usage into a period that is already a draft changes that draft. */
function markDraft(dirty: Dirty, state: CustomerState, subscriptionId: string, occurredAt: Instant): void {
  const subscription = findSubscription(state, subscriptionId);
  for (const { draftId, start, end } of subscription?.periods ?? [])
    if (draftId !== null && start <= occurredAt && occurredAt < end) dirty.drafts.add(draftId);
}

function markAll(dirty: Dirty, state: CustomerState): void {
  for (const subscription of state.subscriptions) dirty.subscriptions.add(subscription.id);
}

/** A limit's turn can suspend or resume whatever it covers. */
function markCovered(dirty: Dirty, state: CustomerState, limitId: string): void {
  const limit = state.limits.find((l) => l.id === limitId);
  if (limit === undefined) return;
  for (const subscription of state.subscriptions) {
    if (covers(limit, subscription.id)) dirty.subscriptions.add(subscription.id);
  }
}

/** The stale documents of a customer as they read now. */
export function renderDocuments(state: CustomerState, dirty: Dirty): DocumentRow[] {
  const rows: DocumentRow[] = [];
  if (dirty.customer && state.profile !== null) rows.push(customerRow(state));
  for (const subscription of state.subscriptions) {
    if (dirty.subscriptions.has(subscription.id)) rows.push(subscriptionRow(state, subscription));
    for (const draft of subscription.drafts) {
      if (!dirty.drafts.has(draft.id)) continue;
      const { invoice } = assembleInvoice(state, subscription, draft, state.now);
      const shown = draft.isHeld === true ? { ...invoice, held: true } : invoice;
      rows.push(invoiceRow(state, shown, draft.at, state.now));
    }
  }
  for (const { invoice, createdAt, at } of dirty.issued) rows.push(invoiceRow(state, invoice, createdAt, at));
  for (const limit of state.limits) if (dirty.limits.has(limit.id)) rows.push(limitRow(state, limit));
  for (const [id, at] of dirty.removedLimits) rows.push(removedLimitRow(state, id, at));
  for (const alert of dirty.alerts) rows.push(alertRow(state, alert));
  rows.push(...creditRows(state, dirty.credits), ...contractRows(state, dirty.contracts));
  return rows;
}

function row(
  state: CustomerState,
  table: DocumentRow["table"],
  id: string,
  status: string,
  times: { readonly createdAt: Instant; readonly updatedAt: Instant },
  body: unknown,
): DocumentRow {
  const { companyId, customerId } = state;
  return { table, companyId, id, customerId, status, ...times, body: JSON.stringify(body) };
}

function customerRow(state: CustomerState): DocumentRow {
  const { profile } = state;
  const createdAt = parseInstant(profile?.created_at ?? "") ?? state.now;
  const updatedAt = parseInstant(profile?.updated_at ?? "") ?? state.now;
  return row(state, "customers", state.customerId, "active", { createdAt, updatedAt }, profile);
}

function subscriptionRow(state: CustomerState, subscription: SubscriptionState): DocumentRow {
  const body = subscriptionDocument(state, subscription, state.now);
  return row(state, "subscriptions", subscription.id, body.status, subscription, body);
}

function invoiceRow(
  state: CustomerState,
  invoice: Invoice,
  createdAt: Instant,
  updatedAt: Instant,
): DocumentRow {
  return row(state, "invoices", invoice.id ?? "", invoice.status, { createdAt, updatedAt }, invoice);
}

function limitRow(state: CustomerState, limit: LimitState): DocumentRow {
  const body = limitDocument(state, limit);
  return row(state, "spend_limits", limit.id, body.state, limit, body);
}

function removedLimitRow(state: CustomerState, id: string, at: Instant): DocumentRow {
  return {
    ...row(state, "spend_limits", id, "removed", { createdAt: at, updatedAt: at }, {}),
    removed: true,
  };
}

function alertRow(state: CustomerState, alert: AlertFired): DocumentRow {
  const body = {
    id: alert.alert_id,
    customer_id: state.customerId,
    limit_id: alert.limit_id,
    threshold: alert.threshold,
    spend: alert.spend,
    window_start: formatInstant(alert.window_start),
    window_end: formatInstant(alert.window_end),
    fired_at: formatInstant(alert.at),
  };
  return row(
    state,
    "spend_alerts",
    alert.alert_id,
    "fired",
    { createdAt: alert.at, updatedAt: alert.at },
    body,
  );
}
