import type { Principal } from "../../src/auth/principal.ts";
import { assert, BillingError } from "../../src/errors.ts";
import type { Bucket, NearRateLimiter, RateLimiter, Taken } from "../../src/ports/rate_limiter.ts";
import type { RateRule } from "../../src/rate_limits/gcra.ts";
import { authRule, companyRules, type RateKind } from "../../src/rate_limits/rules.ts";
import type { Route } from "./route.ts";

/** Who a request is charged to. */
export interface Payer {
  readonly principal: Principal | null;
  readonly address: string | null;
}

/** What answers tell of the limits they are under; draft-ietf-httpapi-ratelimit-headers. */
export type RateHeaders = Readonly<Record<"RateLimit-Policy" | "RateLimit", string>>;

/** Charges requests to companies, keys and addresses, and refuses what is too much. */
export class RateLimits {
  readonly #near: NearRateLimiter;
  readonly #shared: RateLimiter;

  /**
   * @param near this process's own. It alone decides on usage, which comes too often to ask anybody else about; so a
   * company can send as many times its limit as there are processes, each of which is protected
   * @param shared the one of all processes
   */
  constructor(near: NearRateLimiter, shared: RateLimiter) {
    this.#near = near;
    this.#shared = shared;
  }

  /** Throws and rejects with REQ_003 where it is too much. Either way `told` learns what the answer says of it. */
  charge(kind: RateKind, payer: Payer, cost: number, told: Told): void | Promise<void> {
    if (kind === "ingest") return this.chargeUsage(payer, cost, told);
    const buckets = bucketsOf(kind, payer);
    return this.#shared.take(buckets, cost).then((taken) => settle(kind, buckets, taken, cost, told));
  }

  /** As `charge` of what counts as usage: at once. */
  chargeUsage(payer: Payer, cost: number, told: Told): void {
    const buckets = bucketsOf("ingest", payer);
    settle("ingest", buckets, this.#near.takeNow(buckets, cost), cost, told);
  }
}

type Told = (headers: RateHeaders) => void;

function settle(kind: RateKind, buckets: readonly Bucket[], taken: Taken, cost: number, told: Told): void {
  told(headersOf(kind, buckets, taken));
  if (taken.admitted) return;
  const waits = taken.standings.map(({ remaining, waitMs }) => (remaining < cost ? waitMs : 0));
  throw new BillingError("REQ_003", "Too much in too short a time; slow down", {
    retryAfterS: Math.max(...waits) / 1000,
  });
}

/** What a route counts as: what it says, else by its method. Null where it is unlimited, as what anybody may read. */
export function rateKindOf(route: Route): RateKind | null {
  if (route.rate !== undefined) return route.rate;
  if (route.auth === "none") return null;
  return route.method === "GET" ? "read" : "write";
}

function bucketsOf(kind: RateKind, { principal, address }: Payer): Bucket[] {
  if (kind === "auth") return [{ key: `rate:auth:{${address ?? "unknown"}}`, rule: authRule }];
  assert(principal !== null, "what anybody may call is not charged to a company");
  const key = `rate:${kind}:{${principal.companyId}}`;
  const { company, caller } = companyRules[kind];
  return [
    { key, rule: company },
    { key: `${key}:${principal.id}`, rule: caller },
  ];
}

function headersOf(kind: RateKind, buckets: readonly Bucket[], { standings }: Taken): RateHeaders {
  let state = "";
  for (const [i, { rule }] of buckets.entries()) {
    const { remaining = 0, waitMs = 0 } = standings[i] ?? {};
    state += `${i === 0 ? "" : ", "}"${rule.name}";r=${remaining};t=${Math.ceil(waitMs / 1000)}`;
  }
  return { "RateLimit-Policy": policies[kind], RateLimit: state };
}

const { read, write, ingest } = companyRules;
const policies: Readonly<Record<RateKind, string>> = {
  read: policyOf(Object.values(read)),
  write: policyOf(Object.values(write)),
  ingest: policyOf(Object.values(ingest), ';billai-unit="events"'), // of the draft's own units none is meant
  auth: policyOf([authRule]),
};

/** `q` in the window `w`, which are the seconds it takes to get all of it back. */
function policyOf(rules: readonly RateRule[], unit = ""): string {
  const items = rules.map(({ name, burst, units, perMs }) => {
    return `"${name}";q=${burst};w=${Math.ceil((burst * perMs) / units / 1000)}${unit}`;
  });
  return items.join(", ");
}
