import { badCredentials } from "../../../src/auth/principal.ts";
import type { AuthStore } from "../../../src/ports/auth_store.ts";
import { type Route, route } from "../route.ts";

/** Who one is to the API; API.md §2, Auth. */
export function meRoutes(users: AuthStore): Route[] {
  return [
    route({
      method: "GET",
      path: "/api/v1/auth/me",
      service: "auth",
      auth: {},
      summary: "Who these credentials belong to, and what they allow",
      example: {
        answer: {
          kind: "user",
          id: "user_01jm5xq0z8e6v0a1b2c3d4e5f6",
          company_id: "co_01jm5xq0z8e6v0a1b2c3d4e5f6",
          permissions: ["customers:read", "usage:read"],
          email: "ada@example.com",
          name: "Ada",
          role: "analyst",
          operator: false,
        },
      },
      handler: async ({ principal }) => {
        const { kind, id, companyId, permissions } = principal;
        const common = { kind, id, company_id: companyId, permissions: [...permissions].sort() };
        if (kind === "api_key") return { payload: common };
        const user = await users.findUser({ companyId, userId: id });
        if (user === null) throw badCredentials();
        const { email, name, role, operator } = user;
        return { payload: { ...common, email, name, role, operator } };
      },
    }),
  ];
}
