import { type RawContext, type Route, rawRoute } from "./route.ts";

// Everything comes from this server: the page works offline and tells nobody who reads it.
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'", // the page's own components style themselves
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>BillAI API</title>
<link rel="stylesheet" href="/docs/swagger-ui.css">
<link rel="icon" href="data:,">
</head>
<body>
<div id="api"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`;

// No validator: it would send the description to a server elsewhere.
const start = `SwaggerUIBundle({
  url: "/openapi.json", dom_id: "#api", validatorUrl: null, deepLinking: true,
  docExpansion: "list", defaultModelsExpandDepth: -1, persistAuthorization: false, tryItOutEnabled: true
});
`;

/** The page to read and try the API at. */
export function docsRoutes(): Route[] {
  return [
    file("/docs", "The API's documentation, to read and to try", "text/html; charset=utf-8", () => page),
    file("/docs/start.js", "Script of the documentation page", "text/javascript; charset=utf-8", () => start),
    file("/docs/swagger-ui.css", "Styles of the documentation page", "text/css; charset=utf-8", () =>
      asset("swagger-ui.css"),
    ),
    file(
      "/docs/swagger-ui-bundle.js",
      "Script of the documentation page",
      "text/javascript; charset=utf-8",
      () => asset("swagger-ui-bundle.js"),
    ),
  ];
}

function asset(name: string) {
  return Bun.file(Bun.resolveSync(`swagger-ui-dist/${name}`, import.meta.dir));
}

function file(path: string, summary: string, mediaType: string, content: () => string | Blob): Route {
  return rawRoute({
    method: "GET",
    path,
    service: "every",
    auth: "none",
    summary,
    mediaType,
    handler: async ({ requestId }: RawContext<"none">) =>
      new Response(content(), {
        headers: {
          "Content-Type": mediaType,
          "Content-Security-Policy": policy,
          "X-Content-Type-Options": "nosniff",
          "X-Frame-Options": "DENY",
          "Referrer-Policy": "no-referrer",
          "X-Request-Id": requestId,
          "Cache-Control": "no-cache",
        },
      }),
  });
}
