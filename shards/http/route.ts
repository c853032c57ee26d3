import type { Static, TSchema } from "@sinclair/typebox";
import type { Principal, Requirement } from "../../src/auth/principal.ts";
import { assert, type BillingError } from "../../src/errors.ts";
import type { StoredAnswer } from "../../src/ports/stored_rows.ts";
import type { RateKind } from "../../src/rate_limits/rules.ts";
import type { Instant } from "../../src/time/instant.ts";
import type { Cursors } from "./cursor.ts";
import type { ServiceName } from "./services.ts";

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** "none" for what anybody may call, else what the caller must be allowed. */
export type Auth = "none" | Requirement;

/** The parameters of a path such as `/api/v1/plans/:id`. */
export type ParamNames<Path extends string> = Path extends `${infer Part}/${infer Rest}`
  ? ParamNames<Part> | ParamNames<Rest>
  : Path extends `:${infer Name}`
    ? Name
    : never;

type PrincipalOf<A extends Auth> = A extends "none" ? null : Principal;

/** What a handler answers; the foundation wraps it in the envelope. */
export interface Answer {
  /** Default: the route's `success`, else 200. */
  readonly status?: number;
  /** A list for collections, an object for one resource. */
  readonly payload: unknown;
  /** For collections. */
  readonly page?: { readonly next_cursor: string | null; readonly has_more: boolean };
  readonly headers?: Readonly<Record<string, string>>;
}

/** What every handler knows of its request. */
export interface RequestFacts<A extends Auth = Auth, Name extends string = string> {
  readonly principal: PrincipalOf<A>;
  readonly params: Readonly<Record<Name, string>>;
  readonly requestId: string;
  readonly now: Instant;
  readonly headers: Headers;
  /** The client's address; null where the connection has none. */
  readonly address: () => string | null;
}

/** What a handler works with. Body and query have been validated. */
export interface Context<B = unknown, Q = unknown, A extends Auth = Auth, Name extends string = string>
  extends RequestFacts<A, Name> {
  readonly body: B;
  readonly query: Q;
  readonly cursors: Cursors;
  /**
   * Renders the answer, or the refusal, to keep under the request's Idempotency-Key: pass it to the store, which
   * writes it in the transaction of the effect. Null without a key, and for refusals that are not kept.
   */
  keep(outcome: Answer | BillingError): StoredAnswer | null;
}

/** What a raw handler works with: it reads the bytes itself, when it wants them. */
export interface RawContext<A extends Auth = Auth, Name extends string = string>
  extends RequestFacts<A, Name> {
  /** The parameters of the address, in their order. */
  search(): Iterable<readonly [string, string]>;
  /** The body. Throws REQ_004 when it is too large. */
  bytes(): Promise<Uint8Array>;
  /** Counts units against the caller's limits: of routes that charge for themselves. Throws and rejects with REQ_003. */
  charge(units: number): void | Promise<void>;
}

/** For the documentation of a route: an example of its body and of the payload it answers. */
export interface RouteExample {
  readonly request?: unknown;
  /** Payload of the answer; of raw routes the whole answer. */
  readonly answer: unknown;
  /** Where one is not enough: several in place of it, each under what it shows. Not of raw routes. */
  readonly examples?: Readonly<Record<string, { readonly request: unknown; readonly answer: unknown }>>;
}

interface RouteFacts<A extends Auth, Path extends string> {
  readonly method: Method;
  /** With parameters such as `:id`. */
  readonly path: Path;
  readonly service: ServiceName | "every";
  readonly auth: A;
  /** Which limits it counts against; default `read` for GET, else `write`, and none where anybody may call. */
  readonly rate?: RateKind;
  readonly summary: string;
  /** Longer explanation, in Markdown. */
  readonly description?: string;
  readonly example?: RouteExample;
  /** Status of success; default 200. */
  readonly success?: number;
}

export interface RouteSpec<B extends TSchema, Q extends TSchema, A extends Auth, Path extends string>
  extends RouteFacts<A, Path> {
  /** Of POST, PUT and PATCH; without it the body must be empty or `{}`. */
  readonly body?: B;
  /** Parameters of the query string; without it there are none. */
  readonly query?: Q;
  /** Whether Idempotency-Key counts here; default true for POST and PATCH. */
  readonly idempotent?: boolean;
  /** The answer holds a secret: it is kept only encrypted. */
  readonly secret?: boolean;
  /** False for what must never be repeated back to the client. */
  readonly echo?: boolean;
  handler(ctx: Context<Static<B>, Static<Q>, A, ParamNames<Path>>): Answer | Promise<Answer>;
}

export interface RawRouteSpec<A extends Auth, Path extends string> extends RouteFacts<A, Path> {
  /** Documentation only. */
  readonly body?: TSchema;
  /** Documentation only. */
  readonly query?: TSchema;
  /** What it answers, such as `application/json`. */
  readonly mediaType: string;
  /** The handler says what the request counts as, through `charge`; else each counts one. */
  readonly charges?: true;
  handler(ctx: RawContext<A, ParamNames<Path>>): Promise<Response>;
}

/** One row of the table that routing, validation and documentation are made from. */
export type Route =
  | (RouteSpec<TSchema, TSchema, Auth, string> & {
      readonly raw: false;
      readonly idempotent: boolean;
      readonly success: number;
    })
  | (RawRouteSpec<Auth, string> & { readonly raw: true });

/** Declares a route whose body, query, envelope and idempotency the foundation takes care of. */
export function route<B extends TSchema, Q extends TSchema, const A extends Auth, const Path extends string>(
  spec: RouteSpec<B, Q, A, Path>,
): Route {
  assert(spec.body === undefined || spec.method !== "GET", `${spec.path}: a GET has no body`);
  for (const schema of [spec.body, spec.query]) {
    const open = schema?.type === "object" && schema.additionalProperties !== false;
    assert(!open, `${spec.method} ${spec.path}: unknown fields must be refused`);
  }
  const idempotent = spec.idempotent ?? (spec.method === "POST" || spec.method === "PATCH");
  return { success: 200, ...spec, raw: false, idempotent } as unknown as Route; // its types are checked above, then forgotten
}

/** Declares a route that reads bytes and writes a Response itself: hot paths, and what has no envelope. */
export function rawRoute<const A extends Auth, const Path extends string>(
  spec: RawRouteSpec<A, Path>,
): Route {
  return { ...spec, raw: true } as unknown as Route;
}
