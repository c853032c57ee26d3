import { Type } from "@sinclair/typebox";
import { checkProduct, ProductInput } from "../../../src/catalog/product.ts";
import { Key } from "../../../src/text.ts";
import type { Services } from "../../services.ts";
import type { Route } from "../route.ts";
import { patched } from "./catalog_entries.ts";
import { catalogRoutes } from "./catalog_routes.ts";

const { name, tax_code } = ProductInput.properties;

const ProductPatch = Type.Object(
  { name: Type.Optional(name), tax_code: Type.Optional(Type.Union([tax_code, Type.Null()])) },
  { additionalProperties: false, minProperties: 1 },
);

const request = { key: "inference", name: "Inference API", tax_code: "SW054000" };

/** Products; API.md §3. */
export function productRoutes(services: Services): Route[] {
  return catalogRoutes(services, {
    kind: "product",
    collection: "products",
    input: ProductInput,
    patch: ProductPatch,
    onChange: "The key never changes.",
    filters: { key: Type.Optional(Key), tax_code: Type.Optional(tax_code) },
    example: {
      request,
      patch: { name: "Inference and embeddings" },
      answer: {
        id: "prod_01kgb9v400e1v7d2m8r4q6w9xa",
        ...request,
        version: 1,
        archived: false,
        created_at: "2026-02-01T00:00:00Z",
        updated_at: "2026-02-01T00:00:00Z",
      },
    },
    create: async (_at, input) => {
      checkProduct(input);
      return { body: input, key: input.key, parts: [] };
    },
    change: async (_at, entry, patch) => {
      const body = patched(entry.body as ProductInput, patch);
      return { body, key: entry.key, parts: [] };
    },
  });
}
