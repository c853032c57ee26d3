import { Kind, type TSchema } from "@sinclair/typebox";
import { scopeTable } from "../../src/auth/scopes.ts";
import { type ErrorCode, errorTable } from "../../src/errors.ts";
import type { Route } from "./route.ts";
import { type ServiceName, serviceTable } from "./services.ts";

type Json = Readonly<Record<string, unknown>>;

/** The description of these routes as OpenAPI 3.1, from the very schemas that validate. */
export function openApi(routes: readonly Route[], service: ServiceName | "front"): Json {
  const title = service === "front" ? "BillAI" : `BillAI: ${serviceTable[service].title}`;
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) {
    const path = route.path.replaceAll(/:(\w+)/g, "{$1}");
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route) };
  }
  return {
    openapi: "3.1.0",
    info: { title, version: "1.0.0", description: introduction() },
    servers: [{ url: "/", description: "This server" }],
    tags: tagsOf(routes),
    paths,
    components: {
      securitySchemes: {
        bearer: {
          type: "http",
          scheme: "bearer",
          bearerFormat: "JWT",
          description: "From POST /api/v1/auth/login",
        },
        api_key: {
          type: "apiKey",
          in: "header",
          name: "X-API-Key",
          description: "From POST /api/v1/admin/api-keys",
        },
      },
      schemas: { Error: errorSchema },
    },
  };
}

function operation(route: Route): Json {
  const success = String(route.success ?? 200);
  return {
    operationId: operationId(route),
    tags: [tagOf(route)],
    summary: route.summary,
    ...(route.description === undefined ? {} : { description: route.description }),
    security: route.auth === "none" ? [] : [{ bearer: [] }, { api_key: [] }],
    ...(route.auth === "none" || route.auth.scopes === undefined ? {} : { "x-scopes": route.auth.scopes }),
    parameters: [...pathParameters(route), ...queryParameters(route), ...headerParameters(route)],
    ...(route.body === undefined ? {} : { requestBody: requestBody(route, route.body) }),
    responses: { [success]: successOf(route), ...errorResponses(route) },
  };
}

function requestBody(route: Route, schema: TSchema): Json {
  const content = { schema: plain(schema), ...shown(route, ({ request }) => request) };
  return { required: true, content: { "application/json": content } };
}

interface Example {
  readonly request?: unknown;
  readonly answer: unknown;
}

/** The route's example, or its several, each as `of` makes it; nothing where there is none. */
function shown({ example }: Route, of: (example: Example) => unknown): Json {
  if (example?.examples === undefined) {
    const one = example === undefined ? undefined : of(example);
    return one === undefined ? {} : { example: one };
  }
  const named = Object.entries(example.examples).map(([name, each]) => [name, { value: of(each) }]);
  return { examples: Object.fromEntries(named) };
}

function successOf(route: Route): Json {
  if (route.raw) {
    const example = route.example === undefined ? {} : { example: route.example.answer };
    return { description: "Success", content: { [route.mediaType.split(";")[0] ?? ""]: example } };
  }
  const properties = {
    success: { const: true },
    error: { type: "null" },
    payload: { description: "A list for collections, an object for one resource" },
    page: {
      type: "object",
      properties: { next_cursor: { type: ["string", "null"] }, has_more: { type: "boolean" } },
      description: "Of collections",
    },
    input: { description: "What the server understood of the request, redacted" },
  };
  const schema = { type: "object", required: ["success", "error", "payload", "input"], properties };
  const content = { schema, ...shown(route, enveloped) };
  return { description: "Success", content: { "application/json": content } };
}

function enveloped({ request, answer }: Example): unknown {
  if (answer === undefined) return undefined;
  const page = Array.isArray(answer) ? { page: { next_cursor: null, has_more: false } } : {};
  return { success: true, error: null, payload: answer, ...page, input: request ?? {} };
}

const errorSchema = {
  type: "object",
  required: ["success", "error", "payload", "input"],
  properties: {
    success: { const: false },
    error: {
      type: "object",
      required: ["code", "msg"],
      properties: {
        code: { enum: Object.keys(errorTable) },
        msg: { type: "string" },
        field: { type: "string", description: "JSON path of the offending field" },
        request_id: { type: "string" },
      },
    },
    payload: { type: "null" },
    input: {},
  },
};

/** The codes a route can answer, by status. */
function errorResponses(route: Route): Json {
  const codes: ErrorCode[] = ["VAL_001", "REQ_003", "INT_001", "DEP_001"];
  if (route.auth !== "none") codes.push("AUTH_001", "AUTH_006");
  if (route.path.includes("/:")) codes.push("RES_001");
  if (route.method !== "GET") codes.push("REQ_004", "RES_002");
  if (!route.raw && route.idempotent) codes.push("REQ_005", "REQ_006");
  const byStatus = Map.groupBy(codes, (code) => errorTable[code].status);
  return Object.fromEntries(
    [...byStatus].sort(([a], [b]) => a - b).map(([status, same]) => [String(status), errorResponse(same)]),
  );
}

function errorResponse(codes: readonly ErrorCode[]): Json {
  const examples = codes.map((code) => {
    const error = { code, msg: errorTable[code].title, request_id: "req_01jm5xq0z8e6v0a1b2c3d4e5f6" };
    return [code, { value: { success: false, error, payload: null, input: {} } }];
  });
  return {
    description: codes.map((code) => `${code}: ${errorTable[code].title}`).join("; "),
    content: {
      "application/json": {
        schema: { $ref: "#/components/schemas/Error" },
        examples: Object.fromEntries(examples),
      },
    },
  };
}

function pathParameters(route: Route): Json[] {
  return [...route.path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string" },
  }));
}

function queryParameters(route: Route): Json[] {
  const properties: Readonly<Record<string, TSchema>> = route.query?.properties ?? {};
  const required: readonly string[] = route.query?.required ?? [];
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: "query",
    required: required.includes(name),
    schema: plain(schema),
    ...(schema.description === undefined ? {} : { description: schema.description }),
  }));
}

function headerParameters(route: Route): Json[] {
  if (route.raw || !route.idempotent) return [];
  const description = "The first answer under this key is replayed for 30 days";
  return [
    { name: "Idempotency-Key", in: "header", required: false, schema: { type: "string" }, description },
  ];
}

function operationId(route: Route): string {
  const words = route.path.split(/[^A-Za-z0-9]+/).filter((word) => !["", "api", "v1"].includes(word));
  return [route.method.toLowerCase(), ...words].join("_");
}

function tagOf(route: Route): string {
  return route.service === "every" ? "Every service" : serviceTable[route.service].title;
}

function tagsOf(routes: readonly Route[]): Json[] {
  return [...new Set(routes.map(tagOf))].map((name) => ({ name }));
}

/** A schema without what only the validator understands. */
function plain(schema: TSchema): unknown {
  return JSON.parse(JSON.stringify(schema, (_key, value) => (isUnknownKind(value) ? {} : value)));
}

function isUnknownKind(value: unknown): boolean {
  return typeof value === "object" && value !== null && Kind in value && value[Kind] === "Unknown";
}

function introduction(): string {
  const errors = Object.entries(errorTable).map(
    ([code, row]) => `| \`${code}\` | ${row.status} | ${row.title} |`,
  );
  const scopes = Object.entries(scopeTable).map(([scope, meaning]) => `| \`${scope}\` | ${meaning} |`);
  return [
    "Exact, real-time billing and metering. Every `/api/v1` answer has the keys `success`, `error`, `payload`, `input`.",
    "Amounts are decimal strings in major units, times RFC 3339 in UTC, periods half-open.",
    "`RateLimit-Policy` and `RateLimit` tell the limits a request is under and what is left of them; a `429` says in " +
      "`Retry-After` when to come back.",
    ["| code | status | meaning |", "|---|---|---|", ...errors].join("\n"),
    ["| scope | allows to |", "|---|---|", ...scopes].join("\n"),
  ].join("\n\n");
}
