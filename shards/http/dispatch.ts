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
import { addressed, NoQuery, readQuery } from "./query.ts";
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

export type Handle = (request: Request, params: Readonly<Record<string, string | null>>) => Promise<Response>;

type EnvelopeRoute = Extract<Route, { raw: false }>;
type RawRoute = Extract<Route, { raw: true }>;

/** Makes the function that serves one route: who, how often, may they, once, and the answer in its envelope. */
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
      const rates: { told: RateHeaders | null } = { told: null };
      const isReceived = forwarding?.isReceived(request) === true;
      const address = () => (isReceived ? (forwarding?.clientOf(request) ?? null) : parts.addressOf(request));
      try {
        const principal = await identify(parts.authenticator, route, request, address, now);
        const charge = async (units: number): Promise<void> => {
          if (kind === null || isReceived) return;
          const payer = { principal, address: kind === "auth" ? address() : null };
          await parts.rates.charge(kind, payer, units, (told) => {
            rates.told = told;
          });
        };
        if (!chargesItself) await charge(1);
        if (principal !== null && route.auth !== "none") authorize(principal, route.auth);
        const names = checkedParams(params);
        const facts = { principal, params: names, requestId, now, headers: request.headers, address, charge };
        const elsewhere = async (error: unknown): Promise<Response> => {
          if (!(error instanceof NotOwner)) throw error;
          if (forwarding === null)
            throw new BillingError("DEP_001", "The service is stopping", { retryAfterS: 1 });
          if (isReceived) return forwarding.notHere();
          const bytes = request.body === null ? new Uint8Array() : await body();
          const answer = await forwarding.send(error.partition, request, bytes, address(), requestId);
          return answer ?? handle(request, params, body);
        };
        return withRates(await serve(request, facts, echo, body).catch(elsewhere), rates.told);
      } catch (error) {
        const told = toldError(
          error,
          { requestId, now, route: `${route.method} ${route.path}` },
          parts.report,
        );
        const refused = jsonResponse(renderError(told, requestId, echo.input), requestId, errorHeaders(told));
        return withRates(refused, rates.told);
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
  for (const [name, value] of Object.entries(told ?? {})) response.headers.set(name, value);
  return response;
}

/** What the envelope will repeat of the request, known from when it was understood. */
interface Echo {
  input: unknown;
}

/** What is known of a request by now, and how to count more units of it. */
interface ServedFacts extends RequestFacts {
  charge(units: number): Promise<void>;
}

type Params = Readonly<Record<string, string | null>>;
/** The body's bytes, read once, at first use. */
type Body = () => Promise<Uint8Array>;
type Serve = (request: Request, facts: ServedFacts, echo: Echo, body: Body) => Promise<Response>;

function serveRaw(route: RawRoute): Serve {
  return (request, facts, _, body) => route.handler({ ...facts, url: addressed(request), bytes: body });
}

function serveEnvelope(route: EnvelopeRoute, parts: DispatchParts, keys: Idempotency): Serve {
  const checkQuery = validator(route.query ?? NoQuery);
  const checkBody = validator(route.body ?? NoFields);
  const readsBody = route.method === "POST" || route.method === "PUT" || route.method === "PATCH";
  return async (request, facts, echo, body) => {
    const url = addressed(request);
    const echoes = route.echo !== false && !/\breturn=minimal\b/.test(request.headers.get("prefer") ?? "");
    const bytes = readsBody ? await body() : new Uint8Array();
    const query = readQuery(url, route.query ?? NoQuery);
    if (echoes && !readsBody) echo.input = redact(query);
    const keyed = route.idempotent ? keyOf(request, url, bytes, facts) : null;
    const answered = async (): Promise<Rendered> => {
      const body = readsBody ? parseBody(bytes) : undefined;
      if (echoes && readsBody) echo.input = redact(body);
      checkQuery(query, "query");
      if (readsBody) checkBody(body, "body");
      const request = { ...facts, body, query, cursors: parts.cursors };
      return answer(route, request, keyed, echo.input, keys);
    };
    if (keyed === null) return responseOf(await answered(), facts.requestId);
    const { rendered, replayed } = await keys.once(keyed, answered);
    return responseOf(rendered, facts.requestId, replayed ? { "Idempotent-Replayed": "true" } : {});
  };
}

/** A rendered answer with the headers it came with; a replayed one has lost them. */
interface Answered extends Rendered {
  readonly headers?: Readonly<Record<string, string>>;
}

async function answer(
  route: EnvelopeRoute,
  request: Omit<Context, "keep">,
  keyed: KeyedRequest | null,
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
    if (keyed === null || !isKept(outcome instanceof BillingError ? outcome : rendered.status)) return null;
    kept.last = { rendered, code: codeOf(outcome) };
    return storedAnswer(keyed, rendered, route.secret === true);
  };
  const outcome = await refusable(() => route.handler({ ...request, keep }));
  const rendered = render(outcome);
  if (keyed === null || !isKept(outcome instanceof BillingError ? outcome : rendered.status)) return rendered;
  // Kept with its effect already: the first answer is the one that was written, to the byte. Where the store refused
  // after all, that was undone, and the refusal is kept instead.
  if (kept.last !== null && kept.last.code === codeOf(outcome)) return kept.last.rendered;
  await keys.keep(storedAnswer(keyed, rendered, route.secret === true));
  return rendered;
}

function codeOf(outcome: Answer | BillingError): string | null {
  return outcome instanceof BillingError ? outcome.code : null;
}

async function refusable(work: () => Promise<Answer>): Promise<Answer | BillingError> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof BillingError) return error;
    throw error;
  }
}

function responseOf(
  answered: Answered,
  requestId: string,
  more: Readonly<Record<string, string>> = {},
): Response {
  return jsonResponse(answered, requestId, { ...answered.headers, ...more });
}

function keyOf(request: Request, url: URL, bytes: Uint8Array, facts: RequestFacts): KeyedRequest | null {
  const header = request.headers.get("idempotency-key");
  if (header === null) return null;
  assert(facts.principal !== null, "an idempotent route knows its company");
  const { companyId } = facts.principal;
  return keyedRequest(header, { companyId, method: request.method, url, bytes, now: facts.now });
}

async function identify(
  authenticator: Authenticator,
  route: Route,
  request: Request,
  address: () => string | null,
  now: number,
): Promise<Principal | null> {
  if (route.auth === "none") return null;
  const authorization = request.headers.get("authorization");
  const apiKey = request.headers.get("x-api-key");
  return authenticator.authenticate({ authorization, apiKey, address }, now);
}

/** Throws VAL_001 for a parameter with a broken percent-encoding or characters nothing is named by. */
function checkedParams(params: Readonly<Record<string, string | null>>): Record<string, string> {
  const checked: Record<string, string> = {};
  for (const [name, value] of Object.entries(params)) {
    if (value === null || value.length > 255 || !isStorable(value)) throw invalid(name, "is not an id");
    checked[name] = value;
  }
  return checked;
}
