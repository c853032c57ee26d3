import { type TSchema, Type } from "@sinclair/typebox";
import { BillingError, invalid } from "../../src/errors.ts";
import { isStorable } from "./validate.ts";

/** The address of a request; where its host is none, as HTTP lets clients write, it stands as localhost. */
export function addressed(request: Request): URL {
  const { url } = request;
  return URL.parse(url) ?? new URL(`http://localhost${url.slice(url.indexOf("/", "http://".length))}`);
}

const noSearch: Iterable<readonly [string, string]> = [];

/** The parameters of a request's address, in their order. */
export function searchOf(request: Request): Iterable<readonly [string, string]> {
  return request.url.includes("?") ? addressed(request).searchParams : noSearch;
}

/**
 * The query string as an object, ready to be validated: values are text, but numbers and booleans where the schema
 * says so. Throws VAL_001 for a parameter given twice.
 */
export function readQuery(
  search: Iterable<readonly [string, string]>,
  schema: TSchema,
): Readonly<Record<string, unknown>> {
  const query: Record<string, unknown> = Object.create(null);
  const properties: Readonly<Record<string, TSchema | undefined>> = schema.properties ?? {};
  for (const [name, text] of search) {
    if (!isStorable(name))
      throw new BillingError("VAL_001", "Validation error: a query parameter's name has NUL");
    if (!isStorable(text)) throw invalid(name, "must not contain NUL");
    if (name in query) throw invalid(name, "must not be given twice");
    query[name] = converted(text, Object.hasOwn(properties, name) ? properties[name] : undefined);
  }
  return { ...query };
}

/** Text that is no such number or boolean stays text, for the validation to refuse. */
function converted(text: string, schema: TSchema | undefined): unknown {
  switch (schema?.type) {
    case "integer":
      return /^-?(0|[1-9]\d{0,14})$/.test(text) ? Number(text) : text;
    case "boolean":
      return text === "true" ? true : text === "false" ? false : text;
    default:
      return text;
  }
}

/** The query of a route that takes none. */
export const NoQuery = Type.Object({}, { additionalProperties: false });
