import type { Tokens } from "../../../src/ports/tokens.ts";
import { jsonResponse } from "../envelope.ts";
import { type Route, rawRoute } from "../route.ts";

/** The public keys that access tokens are verified with; API.md §2, Auth. */
export function jwksRoutes(tokens: Tokens): Route[] {
  return [
    rawRoute({
      method: "GET",
      path: "/.well-known/jwks.json",
      service: "auth",
      auth: "none",
      summary: "The public keys that access tokens are verified with",
      mediaType: "application/json",
      example: {
        answer: {
          keys: [
            { kty: "OKP", crv: "Ed25519", x: "11qYAYK...", kid: "c2lnbmluZw", use: "sig", alg: "EdDSA" },
          ],
        },
      },
      handler: async ({ requestId }) =>
        jsonResponse({ status: 200, body: JSON.stringify(tokens.publicKeys()) }, requestId, {
          "Cache-Control": "public, max-age=300",
        }),
    }),
  ];
}
