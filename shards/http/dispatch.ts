import type { Authenticator } from "../../src/auth/authenticator.ts";
import { authorize, type Principal } from "../../src/auth/principal.ts";
import { assert, BillingError, invalid } from "../../src/errors.ts";
import type { IdSource } from "../../src/ids.ts";
import type { Clock } from "../../src/ports/clock.ts";
import type { IdempotencyStore } from "../../src/ports/idempotency_store.ts";
import type { StoredAnswer } from "../../src/ports/stored_rows.ts";
import { NotOwner } from "../not_owner.ts";
import type { Forwarding } from "../peers/forwarding.ts";
import { parseBody, readBytes } from "./body.ts";
import type { Cursors } from "./cursor.ts";
import { errorHeaders, jsonResponse, type Rendered, renderAnswer, renderError } from "./envelope.ts";
import { type Report, toldError } from "./error_report.ts";
import { type Idempotency, isKept, type KeyedRequest, keyedRequest, storedAnswer } from "./idempotency.ts";
import { addressed, NoQuery, readQuery, searchOf } from "./query.ts";
import { type RateHeaders, type RateLimits, rateKindOf } from "./rate_limits.ts";
import { redact } from "./redact.ts";
import type { Answer, Context, RequestFacts, Route } from "./route.ts";
import { isStorable, NoFields, validator } from "./validate.ts";

/** What serving a request takes besides its route. */
export interface DispatchParts {
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly authenticator: Authenticator;
  readonly idempotency: IdempotencyStore;
  readonly cursors: Cursors;
  readonly report: Report;
  readonly rates: RateLimits;
  /** The client's address; null where the connection has none. */
  readonly addressOf: (request: Request) => string | null;
  /** The way to processes that have other customers; null where there are none. */
  readonly forwarding: Forwarding | null;
}

export type Handle = (request: Request, params: Params) => Promise<Response>;

type EnvelopeRoute = Extract<Route, { raw: false }>;
type RawRoute = Extract<Route, { raw: true }>;

/**
 * Makes the function that serves one route: who, how often, may they, once, and the answer in its envelope. What is
 * known at once is not waited for: most requests wait for their body and for nothing else.
 */
export function dispatcher(parts: DispatchParts, keys: Idempotency): (route: Route) => Handle {
  return (route) => {
    const serve = route.raw ? serveRaw(route) : serveEnvelope(route, parts, keys);
    const kind = rateKindOf(route);
    const chargesItself = route.raw && route.charges === true;
    const { forwarding } = parts;
    const handle = async (request: Request, params: Params, body: Body): Promise<Response> => {
      const requestId = forwarding?.idOf(request) ?? parts.ids.next("req");
      const now = parts.clock.now();
      const echo: Echo = { input: null };
      let rates: RateHeaders | null = null;
      const isReceived = forwarding?.isReceived(request) === true;
      const address = () => (isReceived ? (forwarding?.clientOf(request) ?? null) : parts.addressOf(request));
      try {
        const who = identify(parts.authenticator, route, request, address, now);
        const principal = who instanceof Promise ? await who : who;
        const charge = (units: number): void | Promise<void> => {
          if (kind === null || isReceived) return;
          const payer = { principal, address: kind === "auth" ? address() : null };
          return parts.rates.charge(kind, payer, units, (told) => {
            rates = told;
          });
        };
        const charged = chargesItself ? undefined : charge(1);
        if (charged instanceof Promise) await charged;
        if (principal !== null && route.auth !== "none") authorize(principal, route.auth);
        const names = checkedParams(params);
        const facts = { principal, params: names, requestId, now, headers: request.headers, address, charge };
        try {
          return withRates(await serve(request, facts, echo, body), rates);
        } catch (error) {
          if (!(error instanceof NotOwner)) throw error;
          if (forwarding === null)
            throw new BillingError("DEP_001", "The service is stopping", { retryAfterS: 1 });
          if (isReceived) return withRates(forwarding.notHere(), rates);
          const bytes = request.body === null ? new Uint8Array() : await body();
          const answer = await forwarding.send(error.partition, request, bytes, address(), requestId);
          return withRates(answer ?? (await handle(request, params, body)), rates);
        }
      } catch (error) {
        const at = { requestId, now, route: `${route.method} ${route.path}` };
        const told = toldError(error, at, parts.report);
        const refused = jsonResponse(renderError(told, requestId, echo.input), requestId, errorHeaders(told));
        return withRates(refused, rates);
      }
    };
    return (request, params) => {
      let bytes: Promise<Uint8Array> | null = null;
      return handle(request, params, () => {
        bytes ??= readBytes(request);
        return bytes;
      });
    };
  };
}

function withRates(response: Response, told: RateHeaders | null): Response {
  if (told === null) return response;
  const { headers } = response;
  headers.set("RateLimit-Policy", told["RateLimit-Policy"]);
  headers.set("RateLimit", told.RateLimit);
  return response;
}

/** What the envelope will repeat of the request, known from when it was understood. */
interface Echo {
  input: unknown;
}

/** What is known of a request by now, and how to count more units of it. */
interface ServedFacts extends RequestFacts {
  charge(units: number): void | Promise<void>;
}

type Params = Readonly<Record<string, string | null>>;
/** The body's bytes, read once, at first use. */
type Body = () => Promise<Uint8Array>;
type Serve = (request: Request, facts: ServedFacts, echo: Echo, body: Body) => Promise<Response>;

function serveRaw(route: RawRoute): Serve {
  return (request, facts, _, body) =>
    route.handler({ ...facts, search: () => searchOf(request), bytes: body });
}

const nothing = new Uint8Array();
/** For requests without a key. */
const keepsNothing = (): null => null;

function serveEnvelope(route: EnvelopeRoute, parts: DispatchParts, keys: Idempotency): Serve {
  const { cursors } = parts;
  const checkQuery = validator(route.query ?? NoQuery);
  const checkBody = validator(route.body ?? NoFields);
  const readsBody = route.method === "POST" || route.method === "PUT" || route.method === "PATCH";
  return async (request, facts, echo, body) => {
    const echoes = route.echo !== false && !/\breturn=minimal\b/.test(request.headers.get("prefer") ?? "");
    const bytes = readsBody ? await body() : nothing;
    const query = readQuery(searchOf(request), route.query ?? NoQuery);
    if (echoes && !readsBody) echo.input = redact(query);
    const keyed = route.idempotent ? keyOf(request, bytes, facts) : null;
    const understood = (keep: Context["keep"]): Context => {
      const body = readsBody ? parseBody(bytes) : undefined;
      if (echoes && readsBody) echo.input = redact(body);
      checkQuery(query, "query");
      if (readsBody) checkBody(body, "body");
      const { principal, params, requestId, now, headers, address } = facts;
      return { principal, params, requestId, now, headers, address, body, query, cursors, keep };
    };
    if (keyed === null) {
      const given = route.handler(understood(keepsNothing));
      const outcome = given instanceof Promise ? await given : given;
      const rendered = renderAnswer(outcome, outcome.status ?? route.success, echo.input);
      return jsonResponse(rendered, facts.requestId, outcome.headers);
    }
    const { rendered, replayed } = await keys.once(keyed, async () =>
      answerOnce(route, understood(keepsNothing), keyed, echo.input, keys),
    );
    return responseOf(rendered, facts.requestId, replayed ? { "Idempotent-Replayed": "true" } : {});
  };
}

/** A rendered answer with the headers it came with; a replayed one has lost them. */
interface Answered extends Rendered {
  readonly headers?: Readonly<Record<string, string>>;
}

/** The answer to keep under the request's key. */
async function answerOnce(
  route: EnvelopeRoute,
  request: Context,
  keyed: KeyedRequest,
  input: unknown,
  keys: Idempotency,
): Promise<Answered> {
  const render = (outcome: Answer | BillingError): Answered => {
    if (outcome instanceof BillingError) {
      const refused = renderError(outcome, request.requestId, input);
      return { ...refused, headers: errorHeaders(outcome) };
    }
    const rendered = renderAnswer(outcome, outcome.status ?? route.success, input);
    return outcome.headers === undefined ? rendered : { ...rendered, headers: outcome.headers };
  };
  const kept: { last: { rendered: Answered; code: string | null } | null } = { last: null };
  const keep = (outcome: Answer | BillingError): StoredAnswer | null => {
    const rendered = render(outcome);
    if (!isKept(outcome instanceof BillingError ? outcome : rendered.status)) return null;
    kept.last = { rendered, code: codeOf(outcome) };
    return storedAnswer(keyed, rendered, route.secret === true);
  };
  const outcome = await refusable(() => route.handler({ ...request, keep }));
  const rendered = render(outcome);
  if (!isKept(outcome instanceof BillingError ? outcome : rendered.status)) return rendered;
  // Kept with its effect already: the first answer is the one that was written, to the byte. Where the store refused
  // after all, that was undone, and the refusal is kept instead.
  if (kept.last !== null && kept.last.code === codeOf(outcome)) return kept.last.rendered;
  await keys.keep(storedAnswer(keyed, rendered, route.secret === true));
  return rendered;
}

function codeOf(outcome: Answer | BillingError): string | null {
  return outcome instanceof BillingError ? outcome.code : null;
}

async function refusable(work: () => Answer | Promise<Answer>): Promise<Answer | BillingError> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof BillingError) return error;
    throw error;
  }
}

function responseOf(answered: Answered, requestId: string, more: Readonly<Record<string, string>>): Response {
  return jsonResponse(answered, requestId, { ...answered.headers, ...more });
}

function keyOf(request: Request, bytes: Uint8Array, facts: RequestFacts): KeyedRequest | null {
  const header = request.headers.get("idempotency-key");
  if (header === null) return null;
  assert(facts.principal !== null, "an idempotent route knows its company");
  const { companyId } = facts.principal;
  const { method } = request;
  return keyedRequest(header, { companyId, method, url: addressed(request), bytes, now: facts.now });
}

function identify(
  authenticator: Authenticator,
  route: Route,
  request: Request,
  address: () => string | null,
  now: number,
): Principal | null | Promise<Principal> {
  if (route.auth === "none") return null;
  const apiKey = request.headers.get("x-api-key");
  const authorization = apiKey === null ? request.headers.get("authorization") : null;
  return authenticator.authenticate({ authorization, apiKey, address }, now);
}

/** Throws VAL_001 for a parameter with a broken percent-encoding or characters nothing is named by. */
function checkedParams(params: Params): Readonly<Record<string, string>> {
  const checked: Record<string, string> = {};
  for (const [name, value] of Object.entries(params)) {
    if (value === null || value.length > 255 || !isStorable(value)) throw invalid(name, "is not an id");
    checked[name] = value;
  }
  return checked;
}
