import type { Command } from "../../actors/customer/commands.ts";
import { type IdPrefix, newId } from "../../src/ids.ts";
import { identityDigest } from "../../src/metering/usage_event.ts";
import { decimal } from "../../src/money/decimal.ts";
import type { Random } from "../oracle/random.ts";
import type { Journal } from "./journal.ts";
import { COUPON, type Person, planIds } from "./scene.ts";
import type { Stores } from "./stores.ts";

const DAY_MS = 86_400_000;

/** A command on its way. */
export interface Asked {
  readonly person: Person;
  /** The command, with the id of what it makes: whoever sends it again makes another. */
  readonly command: (id: string) => Command;
  /** What kind of thing it makes; null where there is none. */
  readonly makes: IdPrefix | null;
  /** Its idempotency key: where nobody answers it is sent again; null where it is not. */
  readonly key: string | null;
  /** What stands in the facts of a command that was accepted, beside what it makes; null where there is no telling. */
  readonly token: string | null;
}

interface Drawn {
  readonly command: Asked["command"];
  readonly makes?: IdPrefix;
  readonly token?: string;
}

export const read: Command = { type: "read", read: (state) => state.seq };

/** Something to ask about a customer; null where there is nothing to ask it of. Much of it is refused, as it would be. */
export function drawCommand(person: Person, random: Random, stores: Stores, journal: Journal): Asked | null {
  const drawn = draw(person, random, stores, journal);
  if (drawn === null) return null;
  const { command, makes = null, token = null } = drawn;
  const key = random.chance(0.4) ? drawId("req", random, stores) : null;
  return { person, command, makes, key, token };
}

function draw(person: Person, random: Random, stores: Stores, journal: Journal): Drawn | null {
  const isThere = stores.tables.documents.has(`customers|${person.companyId}|${person.customerId}`);
  if (!isThere) return random.chance(0.8) ? created(person) : { command: () => read };
  const now = stores.timeOf(person);
  const refs = idsOf(person, stores, "subscriptions", (status) => status !== "canceled");
  if (refs.length === 0 && random.chance(0.7)) return subscribed(random, now);
  const kind = random.pick([
    ...([
      "read",
      "read",
      "read",
      "subscription",
      "subscription",
      "usage",
      "usage",
      "limit",
      "limit",
    ] as const),
    ...(["credit", "credit", "invoice", "customer"] as const),
  ]);
  switch (kind) {
    case "read":
      return { command: () => read };
    case "subscription":
      return refs.length === 0 ? null : changed(random.pick(refs), random, now);
    case "usage":
      return voided(person, random, journal);
    case "limit":
      return limited(person, random, stores);
    case "credit":
      return credited(person, random, stores);
    case "invoice": {
      const drafts = idsOf(person, stores, "invoices", (status) => status === "draft");
      return drafts.length === 0 ? null : always({ type: "issue_invoice", invoiceId: random.pick(drafts) });
    }
    case "customer": {
      const name = `Name ${random.whole(1, 1_000_000)}`;
      return { ...always({ type: "update_customer", patch: { name } }), token: name };
    }
  }
}

/** A command that makes nothing of its own. */
function always(command: Command): Drawn {
  return { command: () => command };
}

function created({ customerId, externalId: external_id, clockId }: Person): Drawn {
  const input = { name: "Ada", external_id, ...(clockId === null ? {} : { test_clock_id: clockId }) };
  return { ...always({ type: "create_customer", customerId, input }), token: customerId };
}

function subscribed(random: Random, now: number): Drawn {
  const terms = {
    ...{ externalId: null, metadata: {} },
    planId: random.pick(planIds),
    start: random.pick([null, null, now - 40 * DAY_MS, now + DAY_MS]),
    anchor: random.pick(["calendar", "anniversary"] as const),
    coupons: random.chance(0.3) ? [COUPON] : [],
    ...(random.chance(0.2) ? { trialEnd: now + random.whole(1, 20) * DAY_MS } : {}),
  };
  return { command: (id) => ({ type: "start_subscription", id, ...terms }), makes: "sub" };
}

function changed(ref: string, random: Random, now: number): Drawn {
  switch (random.pick(["change", "change", "pause", "resume", "cancel"])) {
    case "change": {
      const at = random.pick(["now", "now", "period_end"] as const);
      const planId = random.pick(planIds);
      const asked = { usage: "bill_now", unused: random.pick(["credit", "invoice_line", "none"]) } as const;
      return always({ type: "change_plan", ref, planId, quantity: null, at, overrides: [], asked });
    }
    case "pause": {
      const until = random.chance(0.5) ? null : now + random.whole(1, 10) * DAY_MS;
      return always({ type: "pause_subscription", ref, until });
    }
    case "resume":
      return always({ type: "resume_subscription", ref });
    case "cancel":
      return always({ type: "cancel_subscription", ref, at: random.pick(["now", "period_end"]) });
  }
}

function voided(person: Person, random: Random, journal: Journal): Drawn | null {
  const sent = journal.recent(person, random.pick([1, 5, 200]));
  if (sent.length === 0) return null;
  const { event_id: eventId, source = "" } = random.pick(sent).event;
  const digest = identityDigest(person.companyId, person.customerId, source, eventId);
  return always({ type: "void_usage", eventId, source, digest });
}

function limited(person: Person, random: Random, stores: Stores): Drawn {
  const known = idsOf(person, stores, "spend_limits", () => true);
  if (known.length > 0 && random.chance(0.3))
    return always({ type: "remove_limit", limitId: random.pick(known) });
  const terms = {
    subscriptionRef: null,
    monthlyLimit: decimal(String(random.whole(0, 300))),
    action: random.pick(["suspend", "notify", "block"] as const),
    onSuspend: random.pick(["accept", "reject"] as const),
    thresholds: [50, 80, 100],
  };
  if (known.length === 0 || random.chance(0.3))
    return { command: (id) => ({ type: "set_limit", id, create: true, ...terms }), makes: "lim" };
  return always({ type: "set_limit", id: random.pick(known), create: false, ...terms });
}

function credited(person: Person, random: Random, stores: Stores): Drawn {
  const known = idsOf(person, stores, "credit_grants", (status) => status === "active");
  if (known.length > 0 && random.chance(0.3))
    return always({ type: "void_grant", grantId: random.pick(known) });
  const now = stores.timeOf(person);
  const terms = {
    ...{ currency: "USD", priority: random.whole(1, 99), productIds: null, rollover: null },
    amount: decimal(random.pick(["0.01", "12.5", "300"])),
    kind: random.pick(["promotional", "paid"] as const),
    effectiveAt: random.chance(0.8) ? null : now + random.whole(1, 5) * DAY_MS,
    expiresAt: random.chance(0.5) ? null : now + random.whole(6, 60) * DAY_MS,
  };
  return { command: (id) => ({ type: "grant_credit", grant: { id, ...terms } }), makes: "grant" };
}

function idsOf(
  { companyId, customerId }: Person,
  { tables }: Stores,
  table: "subscriptions" | "invoices" | "spend_limits" | "credit_grants",
  isWanted: (status: string) => boolean,
): string[] {
  return [...tables.documents.values()].flatMap((row) => {
    const isTheirs = row.table === table && row.companyId === companyId && row.customerId === customerId;
    return isTheirs && isWanted(row.status) ? [row.id] : [];
  });
}

/** A new id, as whoever sends a command makes it. */
export function drawId(prefix: IdPrefix, random: Random, { rightTime }: Stores): string {
  return newId(
    prefix,
    rightTime,
    Uint8Array.from({ length: 10 }, () => random.whole(0, 255)),
  );
}
