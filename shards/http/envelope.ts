import { type BillingError, errorTable } from "../../src/errors.ts";
import type { Answer } from "./route.ts";

/** A rendered answer: what goes over the wire, byte for byte. */
export interface Rendered {
  readonly status: number;
  readonly body: string;
}

/** The envelope of success; API.md §1. `input` is what is echoed of the request, redacted before. */
export function renderAnswer(answer: Answer, status: number, input: unknown): Rendered {
  const { payload, page } = answer;
  const envelope = {
    success: true,
    error: null,
    payload: payload ?? null,
    ...(page === undefined ? {} : { page }),
    input,
  };
  return { status, body: JSON.stringify(envelope) };
}

/** The envelope of a refusal. */
export function renderError(error: BillingError, requestId: string, input: unknown): Rendered {
  const { code, field } = error;
  const told = { code, msg: error.message, ...(field === undefined ? {} : { field }), request_id: requestId };
  const envelope = { success: false, error: told, payload: null, input };
  return { status: errorTable[code].status, body: JSON.stringify(envelope) };
}

// Answers are data: no browser shall render, frame, sniff or keep them.
const apiHeaders = new Headers({
  "Content-Type": "application/json; charset=utf-8",
  "Cache-Control": "no-store",
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
  "Referrer-Policy": "no-referrer",
  "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
});

/** A JSON response with the headers every answer carries. */
export function jsonResponse(
  rendered: Rendered,
  requestId: string,
  more: Readonly<Record<string, string>> = {},
): Response {
  const response = new Response(rendered.body, { status: rendered.status, headers: apiHeaders });
  const { headers } = response;
  headers.set("X-Request-Id", requestId);
  for (const name in more) headers.set(name, more[name] ?? "");
  return response;
}

/** The headers an error adds: when to come back, how to prove who one is. */
export function errorHeaders(error: BillingError): Record<string, string> {
  const headers: Record<string, string> = {};
  if (error.retryAfterS !== undefined) headers["Retry-After"] = String(Math.ceil(error.retryAfterS));
  if (error.code === "AUTH_001") headers["WWW-Authenticate"] = 'Bearer realm="billai"';
  return headers;
}
