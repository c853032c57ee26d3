import { type Static, Type } from "@sinclair/typebox";
import { hashPassword, newUser } from "../../../src/auth/new_user.ts";
import type { Principal } from "../../../src/auth/principal.ts";
import { roles } from "../../../src/auth/roles.ts";
import { normalizeEmail } from "../../../src/auth/sessions.ts";
import { BillingError } from "../../../src/errors.ts";
import { limits } from "../../../src/limits.ts";
import type { User } from "../../../src/ports/auth_store.ts";
import { OneOf, Text } from "../../../src/text.ts";
import { formatInstant } from "../../../src/time/instant.ts";
import type { AuthServices, Services } from "../../services.ts";
import { listQuery, pageAnswer, readPage } from "../list.ts";
import { type Answer, type Context, type Route, route } from "../route.ts";

const Role = OneOf(roles);
const Email = Type.String({ format: "email" });
const Password = Type.String({
  minLength: limits.passwordCharactersMin,
  maxLength: limits.passwordCharactersMax,
});

const UserInput = Type.Object(
  { email: Email, password: Password, role: Role, name: Type.Optional(Text(255)) },
  { additionalProperties: false },
);

const UserPatch = Type.Object(
  {
    name: Type.Optional(Text(255)),
    role: Type.Optional(Role),
    password: Type.Optional(Password),
    disabled: Type.Optional(Type.Boolean({ description: "A disabled user cannot log in" })),
  },
  { additionalProperties: false, minProperties: 1 },
);

const path = "/api/v1/admin/users";
const shown = {
  id: "user_01kgb9v400k2m4p6r8t1v3x5z7",
  email: "grace@atlas.example",
  name: "Grace",
  role: "finance",
  disabled: false,
  created_at: "2026-02-01T00:00:00Z",
  updated_at: "2026-02-01T00:00:00Z",
};

type Parts = Pick<Services, "ids"> & Pick<AuthServices, "users" | "passwords">;

/** The company's own people: who may log in, and what they may do there. */
export function userRoutes({ ids }: Services, { users, passwords }: AuthServices): Route[] {
  const parts = { ids, users, passwords };
  const common = { service: "admin" } as const;
  const read = { auth: { scopes: ["users:read"] } } as const;
  const write = { auth: { scopes: ["users:write"] } } as const;
  return [
    route({
      ...common,
      ...write,
      method: "POST",
      path,
      summary: "Create a user",
      body: UserInput,
      success: 201,
      example: {
        request: { email: shown.email, password: "a long pass phrase", role: "finance", name: "Grace" },
        answer: shown,
      },
      handler: (ctx) => create(parts, ctx),
    }),
    route({
      ...common,
      ...read,
      method: "GET",
      path,
      summary: "List users, newest first",
      query: listQuery({ role: Type.Optional(Role), email: Type.Optional(Email) }),
      example: { answer: [shown] },
      handler: async (ctx) => {
        const asked = readPage(ctx, "users");
        const { email, ...filters } = asked.filters;
        const byEmail = email === undefined ? {} : { email: normalizeEmail(email) };
        const page = { ...asked, filters: { ...filters, ...byEmail } };
        const found = await users.listUsers(ctx.principal.companyId, page);
        return pageAnswer(ctx, "users", page, found, (user) => user, show);
      },
    }),
    route({
      ...common,
      ...read,
      method: "GET",
      path: `${path}/:id`,
      summary: "Read a user",
      example: { answer: shown },
      handler: async (ctx) => ({ payload: show(await existing(parts, ctx.principal, ctx.params.id)) }),
    }),
    route({
      ...common,
      ...write,
      method: "PATCH",
      path: `${path}/:id`,
      summary: "Change a user's name, role or password, or disable the user",
      description:
        "Nobody changes their own role or disables themselves, so that somebody remains who can undo it.",
      body: UserPatch,
      example: { request: { role: "auditor" }, answer: { ...shown, role: "auditor" } },
      handler: (ctx) => change(parts, ctx),
    }),
  ];
}

type Writing<B> = Pick<Context<B, unknown, object, "id">, "body" | "principal" | "now" | "keep" | "params">;

async function create(
  { ids, users, passwords }: Parts,
  ctx: Omit<Writing<Static<typeof UserInput>>, "params">,
): Promise<Answer> {
  const { email, password, role, name = null } = ctx.body;
  const { companyId } = ctx.principal;
  const given = { id: ids.next("user"), companyId, email, name, role, operator: false, password };
  const user = await newUser(given, passwords, ctx.now);
  const answer = { status: 201, payload: show(user) };
  await users.saveUser(user, ctx.keep(answer));
  return answer;
}

async function change(parts: Parts, ctx: Writing<Static<typeof UserPatch>>): Promise<Answer> {
  const { principal, body, now } = ctx;
  const before = await existing(parts, principal, ctx.params.id);
  const { name = before.name, role = before.role, disabled = before.disabledAt !== null, password } = body;
  if (principal.id === before.id && (role !== before.role || disabled)) {
    throw new BillingError("RES_002", "Nobody changes their own role or disables themselves");
  }
  const passwordHash =
    password === undefined ? before.passwordHash : await hashPassword(password, parts.passwords);
  const disabledAt = disabled ? (before.disabledAt ?? now) : null;
  const user = { ...before, name, role, passwordHash, disabledAt, updatedAt: now };
  const answer = { payload: show(user) };
  await parts.users.saveUser(user, ctx.keep(answer));
  // Who had the old password, or is out now, is logged out as well.
  if (disabled || password !== undefined) {
    await parts.users.endSessions(user.companyId, { userId: user.id }, now);
  }
  return answer;
}

async function existing({ users }: Parts, { companyId }: Principal, userId: string): Promise<User> {
  const user = await users.findUser({ companyId, userId });
  if (user === null) throw new BillingError("RES_001", "No such user");
  return user;
}

function show(user: User) {
  return {
    id: user.id,
    email: user.email,
    name: user.name,
    role: user.role,
    disabled: user.disabledAt !== null,
    created_at: formatInstant(user.createdAt),
    updated_at: formatInstant(user.updatedAt),
  };
}
