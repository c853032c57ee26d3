import type { CommitBatch, NumberedRows } from "../../src/ports/shard_store.ts";
import type { DocumentRow } from "../../src/ports/stored_rows.ts";
import { answerName, documentName, type Tables } from "./stored.ts";

const decimalText = /^-?\d+(\.\d+)?$/u;
const digestText = /^[0-9a-f]{32}$/u;

/** Why a batch can never be stored, as a database would say; null where it can. */
export function faultOf(batch: CommitBatch, tables: Tables): string | null {
  for (const row of batch.usage) {
    if (!decimalText.test(row.charge)) return "the charge is no number";
    if (![row.occurredAt, row.receivedAt, row.recordedAt].every(Number.isSafeInteger)) return "out of range";
    if (hasNul(row.eventId, row.source, row.eventType, row.subscriptionId)) return "NUL in usage";
    if (!isJson(row.properties) || row.properties.includes("\\u0000")) return "properties are no JSON";
    if (tables.customer(row).has(row.seq)) return "the sequence number is taken";
  }
  for (const { digest, fingerprint } of batch.newIdentities)
    if (!digestText.test(digest) || !digestText.test(fingerprint)) return "the digest is none";
  for (const { event } of batch.orphans)
    if (!isJson(event) || event.includes("\\u0000")) return "the event is no JSON";
  if (batch.snapshots.some(({ body }) => hasNul(body))) return "NUL in a snapshot";
  if (batch.settled.some(({ body }) => hasNul(body))) return "NUL in a settled invoice";
  if (batch.claims.some(({ value }) => hasNul(value))) return "NUL in a claim";
  if (batch.redemptions.some(({ couponId }) => hasNul(couponId))) return "NUL in a coupon";
  return null;
}

/** The same of what depends on numbers. */
export function numberedFaultOf({ facts, documents, answers }: NumberedRows, tables: Tables): string | null {
  const taken = new Set<string>();
  for (const row of facts) {
    if (hasNul(row.body) || !isJson(row.body)) return "the fact is no JSON";
    const name = `${row.companyId}|${row.customerId}|${row.seq}`;
    if (taken.has(name) || tables.customer(row).has(row.seq)) return "the sequence number is taken";
    taken.add(name);
  }
  for (const row of documents) {
    if (row.removed !== true && !isJson(row.body)) return "the document is no JSON";
    const number = numberOf(row);
    if (number === null) continue;
    const holder = tables.numbers.get(number);
    if (taken.has(number) || (holder !== undefined && holder !== documentName(row)))
      return "the invoice's number is taken";
    taken.add(number);
  }
  return answers.some(({ body }) => hasNul(body)) ? "NUL in an answer" : null;
}

/** The keys under which there is an answer already, be it of the same batch. */
export function keysTaken({ answers }: NumberedRows, tables: Tables): string[] {
  const seen = new Set<string>();
  return answers.flatMap((answer) => {
    const name = answerName(answer);
    if (!seen.has(name) && !tables.answers.has(name)) {
      seen.add(name);
      return [];
    }
    return [answer.key];
  });
}

/** An invoice's number with its company, which is its own alone; null of any other document. */
export function numberOf(row: DocumentRow): string | null {
  if (row.table !== "invoices" || row.removed === true) return null;
  const number = /"number":\s*"([^"]*)"/u.exec(row.body)?.[1];
  return number === undefined ? null : `${row.companyId}|${number}`;
}

function isJson(text: string): boolean {
  // What the program writes are objects; to read each again would take longer than all the rest.
  if (text.length > 1 && text.startsWith("{") && text.endsWith("}")) return true;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function hasNul(...texts: readonly string[]): boolean {
  return texts.some((text) => text.includes("\0"));
}
