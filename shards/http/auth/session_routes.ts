import { Type } from "@sinclair/typebox";
import { roles } from "../../../src/auth/roles.ts";
import type { Sessions } from "../../../src/auth/sessions.ts";
import { assert } from "../../../src/errors.ts";
import { limits } from "../../../src/limits.ts";
import { type Route, route } from "../route.ts";

const Login = Type.Object(
  {
    email: Type.String({ minLength: 1, maxLength: 254 }),
    password: Type.String({ minLength: 1, maxLength: limits.passwordCharactersMax }),
  },
  { additionalProperties: false },
);

const Refresh = Type.Object(
  { refresh_token: Type.String({ minLength: 1, maxLength: 1024 }) },
  { additionalProperties: false },
);

const tokensExample = {
  access_token: "eyJhbGciOiJFZERTQSIsImtpZCI6Ii4uLiJ9.eyJzdWIiOiIuLi4ifQ.c2lnbmF0dXJl",
  refresh_token: "rt_3q2-7wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
  token_type: "Bearer",
  expires_in: 600,
};

/** Logging in, staying logged in and logging out; API.md §2, Auth. */
export function sessionRoutes(sessions: Sessions): Route[] {
  return [
    route({
      method: "POST",
      path: "/api/v1/auth/login",
      service: "auth",
      auth: "none",
      rate: "auth",
      idempotent: false,
      summary: "Log in with email and password",
      description: "Repeated failures make the account and the address wait (`REQ_003`).",
      body: Login,
      example: {
        request: { email: "ada@example.com", password: "correct horse battery" },
        answer: tokensExample,
      },
      handler: async ({ body, address, now }) => ({
        payload: await sessions.login(body.email, body.password, address() ?? "unknown", now),
      }),
    }),
    route({
      method: "POST",
      path: "/api/v1/auth/refresh",
      service: "auth",
      auth: "none",
      rate: "auth",
      idempotent: false,
      summary: "Change a refresh token for new tokens",
      description:
        "Each refresh token works once. One that is used twice ends its session: somebody stole it.",
      body: Refresh,
      example: { request: { refresh_token: tokensExample.refresh_token }, answer: tokensExample },
      handler: async ({ body, now }) => ({ payload: await sessions.refresh(body.refresh_token, now) }),
    }),
    route({
      method: "POST",
      path: "/api/v1/auth/logout",
      service: "auth",
      auth: { roles },
      idempotent: false,
      summary: "End the session of this access token",
      example: { request: {}, answer: { logged_out: true } },
      handler: async ({ principal, now }) => {
        assert(principal.sessionId !== null, "a user has a session");
        await sessions.logout(principal.companyId, principal.sessionId, now);
        return { payload: { logged_out: true } };
      },
    }),
  ];
}
