import type { IngestResult } from "../../shards/ingest.ts";
import { fingerprint, identityDigest, type UsageEvent } from "../../src/metering/usage_event.ts";
import type { IdentityRow } from "../../src/ports/stored_rows.ts";
import { must } from "./breach.ts";
import type { Person } from "./scene.ts";
import { identityName, type Tables } from "./stored.ts";

/** An event a client has sent, as often as it did. */
export interface Sent {
  readonly person: Person;
  readonly event: UsageEvent;
  /** Nobody can store it. */
  readonly isPoison: boolean;
  /** It has been acknowledged: it must not be lost. */
  isDurable: boolean;
  /** It was turned away for good. */
  isRejected: boolean;
}

/** What the clients have sent and been told, and whether that is true. */
export class Journal {
  readonly #tables: Tables;
  readonly #sent = new Map<string, Sent[]>();
  /** By person, oldest first. */
  readonly #ofPerson = new Map<Person, Sent[]>();
  /** Identities worked out before, by customer and event. */
  readonly #names = new Map<string, string>();

  constructor(tables: Tables) {
    this.#tables = tables;
  }

  get all(): Sent[] {
    return [...this.#sent.values()].flat();
  }

  /** The last events of a person. */
  recent(person: Person, count: number): readonly Sent[] {
    return this.#ofPerson.get(person)?.slice(-count) ?? [];
  }

  add(sent: Sent): void {
    const theirs = this.#ofPerson.get(sent.person);
    if (theirs === undefined) this.#ofPerson.set(sent.person, [sent]);
    else theirs.push(sent);
    const name = nameOf(sent.person, sent.event.event_id);
    const known = this.#sent.get(name);
    if (known === undefined) this.#sent.set(name, [sent]);
    else known.push(sent);
  }

  /** All that was sent under an id. */
  of(person: Person, eventId: string): readonly Sent[] {
    return this.#sent.get(nameOf(person, eventId)) ?? [];
  }

  /** What a client is told of an event is true from then on. */
  heard(sent: Sent, result: IngestResult): void {
    const { event, person } = sent;
    const { status } = result;
    const what = `${event.event_id} of ${person.externalId}`;
    if (status === "rejected") {
      must(result.code === "VAL_001" || result.code === "DEP_001", () => `${what}: ${result.msg}`);
      if (result.code === "VAL_001") sent.isRejected = true;
      return;
    }
    must(!sent.isPoison || status !== "applied", () => `${what} is poison, and ${status}`);
    sent.isDurable = true;
    if (status === "accepted") return;
    const row = this.#identity(sent, result.customerId ?? person.customerId);
    must(row !== undefined, () => `${what} is said to be ${status}, and nothing is stored of it`);
    const isCounted = row.verdict === "applied" || row.verdict === "voided";
    const isSame = row.fingerprint === fingerprint(event);
    const said = () =>
      `${what} is said to be ${status}, and is ${row.verdict}, ${isSame ? "the same" : "another"}`;
    if (status === "applied" || status === "duplicate") must(isCounted && isSame, said);
    if (status === "conflict") must(isCounted && !isSame, said);
  }

  /** Every acknowledged event has its verdict, whichever name it came under. */
  verdictOf(sent: Sent): IdentityRow | undefined {
    const { customerId, externalId } = sent.person;
    return this.#identity(sent, customerId) ?? this.#identity(sent, externalId);
  }

  #identity({ person: { companyId }, event }: Sent, customerId: string): IdentityRow | undefined {
    const event_id = event.event_id;
    const known = this.#names.get(`${customerId}|${event_id}`);
    if (known !== undefined) return this.#tables.identities.get(known);
    const digest = identityDigest(companyId, customerId, event.source ?? "", event_id);
    const name = identityName({ companyId, customerId, digest });
    this.#names.set(`${customerId}|${event_id}`, name);
    return this.#tables.identities.get(name);
  }
}

function nameOf({ companyId, customerId }: Person, eventId: string): string {
  return `${companyId}|${customerId}|${eventId}`;
}
