import { Elysia } from "elysia";
import { BillingError, errorTable } from "../../src/errors.ts";
import { type DispatchParts, dispatcher, type Handle } from "./dispatch.ts";
import { docsRoutes } from "./docs.ts";
import { jsonResponse, renderError } from "./envelope.ts";
import { toldError } from "./error_report.ts";
import { type Health, healthRoute } from "./health.ts";
import { Idempotency } from "./idempotency.ts";
import { openApi } from "./openapi.ts";
import { type Route, rawRoute } from "./route.ts";
import { type ServiceName, serviceNames } from "./services.ts";

/** What all ports together are made from. */
export interface AppParts extends DispatchParts {
  /** Every resource of every service. */
  readonly routes: readonly Route[];
  readonly health: () => Promise<Health>;
}

/** Answers requests, whatever they are, with a Response; never rejects. */
export type App = (request: Request) => Response | Promise<Response>;

/**
 * The app of every port: "front" serves all routes, the others those of their service. Each is made at its first
 * request: a start is sooner done, and most ports are never asked.
 */
export function buildApps(parts: AppParts): ReadonlyMap<ServiceName | "front", App> {
  const dispatch = dispatcher(parts, new Idempotency(parts.idempotency));
  return new Map(
    (["front", ...serviceNames] as const).map((service) => {
      let app: App | null = null;
      return [
        service,
        (request: Request) => {
          app ??= buildApp(routesOf(parts, service), service, parts, dispatch);
          return app(request);
        },
      ];
    }),
  );
}

function routesOf({ routes }: AppParts, service: ServiceName | "front"): Route[] {
  return routes.filter((r) => service === "front" || r.service === service || r.service === "every");
}

function buildApp(
  resources: readonly Route[],
  service: ServiceName | "front",
  parts: AppParts,
  dispatch: (route: Route) => Handle,
): App {
  const routes = [
    ...resources,
    healthRoute(parts.health),
    ...docsRoutes(),
    describeRoute(resources, service),
  ];
  // By default the router takes hosts of fewer than four letters for a part of the path.
  const app = new Elysia({ name: service, handler: { standardHostname: false } });
  /** Those without parameters, by method and path: found without the router. */
  const exact = new Map<string, Handle>();
  const methods = Map.groupBy(routes, (route) => route.path.replaceAll(/:\w+/g, ":"));
  for (const route of routes) {
    const handle = dispatch(route);
    if (!route.path.includes(":")) exact.set(`${route.method} ${route.path}`, handle);
    app.route(route.method, route.path, ({ request, params }) => handle(request, (params ?? {}) as Params), {
      parse: "none",
    });
  }
  for (const sameShape of methods.values()) {
    const allow = [...new Set(sameShape.map((route) => route.method))];
    const shown = allow.includes("GET")
      ? ["GET", "HEAD", ...allow.filter((method) => method !== "GET")]
      : allow;
    const path = sameShape[0]?.path ?? "/";
    app.all(
      path,
      () =>
        refusal(parts, new BillingError("REQ_002", errorTable.REQ_002.title), { Allow: shown.join(", ") }),
      {
        parse: "none",
      },
    );
  }
  app.onError(({ code, error }) => {
    if (code === "NOT_FOUND") return refusal(parts, new BillingError("REQ_001", errorTable.REQ_001.title));
    return refusal(parts, error);
  });
  return (request) => {
    const handle = exact.get(`${request.method} ${pathOf(request.url)}`);
    return handle === undefined ? app.handle(request) : handle(request, {});
  };
}

/** The path of an address as it was written. */
function pathOf(url: string): string {
  const from = url.indexOf("/", "http://".length);
  const to = url.indexOf("?", from);
  return url.slice(from, to < 0 ? undefined : to);
}

type Params = Readonly<Record<string, string | null>>;

/** An answer that no route gives. */
function refusal(parts: AppParts, error: unknown, headers: Readonly<Record<string, string>> = {}): Response {
  const requestId = parts.ids.next("req");
  const told = toldError(error, { requestId, now: parts.clock.now(), route: "none" }, parts.report);
  return jsonResponse(renderError(told, requestId, null), requestId, headers);
}

function describeRoute(resources: readonly Route[], service: ServiceName | "front"): Route {
  let text: string | null = null;
  return rawRoute({
    method: "GET",
    path: "/openapi.json",
    service: "every",
    auth: "none",
    summary: "This description of the API",
    mediaType: "application/json",
    handler: async ({ requestId }) => {
      text ??= JSON.stringify(openApi(resources, service));
      return jsonResponse({ status: 200, body: text }, requestId);
    },
  });
}
