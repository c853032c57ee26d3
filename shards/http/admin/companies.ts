import { type Static, Type } from "@sinclair/typebox";
import { newUser } from "../../../src/auth/new_user.ts";
import type { Principal } from "../../../src/auth/principal.ts";
import { BillingError, invalid } from "../../../src/errors.ts";
import { CompanySettings, defaultSettings } from "../../../src/invoicing/settings.ts";
import { limits } from "../../../src/limits.ts";
import { isCurrency } from "../../../src/money/currency.ts";
import type { Company } from "../../../src/ports/company_store.ts";
import { Text } from "../../../src/text.ts";
import { isTimezone } from "../../../src/time/calendar.ts";
import { formatInstant } from "../../../src/time/instant.ts";
import type { AuthServices, Services } from "../../services.ts";
import { listQuery, pageAnswer, readPage } from "../list.ts";
import { type Answer, type Context, type Route, route } from "../route.ts";

const SettingsPatch = Type.Partial(CompanySettings, { additionalProperties: false });

const CompanyInput = Type.Object(
  {
    name: Text(255),
    admin_email: Type.String({ format: "email" }),
    admin_password: Type.String({
      minLength: limits.passwordCharactersMin,
      maxLength: limits.passwordCharactersMax,
    }),
    settings: Type.Optional(SettingsPatch),
  },
  { additionalProperties: false },
);

const CompanyPatch = Type.Object(
  { name: Type.Optional(Text(255)), settings: Type.Optional(SettingsPatch) },
  { additionalProperties: false, minProperties: 1 },
);

const path = "/api/v1/admin/companies";
const shown = {
  id: "co_01kgb9v400c1m3p5r7t9v2x4z6",
  name: "Atlas AI",
  settings: { ...defaultSettings, invoice_prefix: "ATLAS" },
  created_at: "2026-02-01T00:00:00Z",
  updated_at: "2026-02-01T00:00:00Z",
};

/** Companies and their settings; API.md §3. */
export function companyRoutes(services: Services, auth: AuthServices): Route[] {
  return [...reading(services), ...writing(services, auth)];
}

function reading(services: Services): Route[] {
  const common = { method: "GET", service: "admin", auth: { scopes: ["companies:read"] } } as const;
  return [
    route({
      ...common,
      path,
      summary: "List companies, oldest first",
      description: "The platform operator sees all, everybody else their own.",
      query: listQuery({ name: Type.Optional(Text(255)) }),
      example: { answer: [shown] },
      handler: (ctx) => list(services, ctx),
    }),
    route({
      ...common,
      path: `${path}/:id`,
      summary: "Read a company",
      example: { answer: shown },
      handler: async (ctx) => ({ payload: show(await visible(services, ctx.principal, ctx.params.id)) }),
    }),
  ];
}

function writing(services: Services, auth: AuthServices): Route[] {
  return [
    route({
      method: "POST",
      path,
      service: "admin",
      auth: { operator: true },
      summary: "Create a company with its first admin",
      description: "For the platform operator only. Settings that are left out have their defaults.",
      body: CompanyInput,
      success: 201,
      example: {
        request: {
          name: "Atlas AI",
          admin_email: "ada@atlas.example",
          admin_password: "a long pass phrase",
          settings: { invoice_prefix: "ATLAS" },
        },
        answer: shown,
      },
      handler: (ctx) => create(services, auth, ctx),
    }),
    route({
      method: "PATCH",
      path: `${path}/:id`,
      service: "admin",
      auth: { scopes: ["companies:write"] },
      summary: "Change a company's name or settings",
      description: "Settings that are left out stay; they apply to what is decided from now on.",
      body: CompanyPatch,
      example: {
        request: { settings: { payment_terms_days: 14 } },
        answer: { ...shown, settings: { ...shown.settings, payment_terms_days: 14 } },
      },
      handler: async (ctx) => {
        const before = await visible(services, ctx.principal, ctx.params.id);
        const { name = before.name, settings = {} } = ctx.body;
        checkSettings(settings);
        const changed = { ...before, name, settings, updated_at: ctx.now };
        const answer = { payload: show({ ...changed, settings: { ...before.settings, ...settings } }) };
        await services.companyStore.update(changed, ctx.keep(answer));
        await services.companies.refresh(changed.id);
        return answer;
      },
    }),
  ];
}

async function create(
  services: Services,
  auth: AuthServices,
  ctx: Pick<Context<Static<typeof CompanyInput>>, "body" | "now" | "keep">,
): Promise<Answer> {
  const { name, admin_email: email, admin_password: password, settings = {} } = ctx.body;
  checkSettings(settings);
  const { now } = ctx;
  const id = services.ids.next("co");
  const company = { id, name, settings, catalog_version: 1, created_at: now, updated_at: now };
  const admin = { id: services.ids.next("user"), companyId: id, email, name: null, password };
  const user = await newUser({ ...admin, role: "owner", operator: false }, auth.passwords, now);
  const answer = { status: 201, payload: show(company) };
  await services.companyStore.create(company, ctx.keep(answer), user).catch((error) => {
    if (!(error instanceof BillingError) || error.field !== "email") throw error;
    throw new BillingError("RES_002", error.message, { field: "admin_email" });
  });
  return answer;
}

async function list(
  services: Services,
  ctx: Pick<Context<unknown, unknown, object>, "principal" | "cursors" | "query">,
): Promise<Answer> {
  const page = readPage(ctx, "companies");
  const placeOf = (company: Company) => ({ createdAt: company.created_at, id: company.id });
  if (ctx.principal.operator) {
    return pageAnswer(ctx, "companies", page, await services.companyStore.list(page), placeOf, show);
  }
  const own = await services.companyStore.get(ctx.principal.companyId);
  return pageAnswer(ctx, "companies", page, own === null ? [] : [own], placeOf, show);
}

/** The company, if this caller may see it. Throws RES_001, in the same words where there is none. */
async function visible(services: Services, principal: Principal, id: string): Promise<Company> {
  const company =
    principal.operator || principal.companyId === id ? await services.companyStore.get(id) : null;
  if (company === null) throw new BillingError("RES_001", "No such company");
  return company;
}

function checkSettings({ base_currency, timezone }: Static<typeof SettingsPatch>): void {
  if (base_currency !== undefined && !isCurrency(base_currency)) {
    throw invalid("settings.base_currency", "is no active ISO 4217 currency");
  }
  if (timezone !== undefined && !isTimezone(timezone)) {
    throw invalid("settings.timezone", "is not an IANA time zone");
  }
}

function show(company: Pick<Company, "id" | "name" | "settings" | "created_at" | "updated_at">) {
  return {
    id: company.id,
    name: company.name,
    settings: { ...defaultSettings, ...company.settings },
    created_at: formatInstant(company.created_at),
    updated_at: formatInstant(company.updated_at),
  };
}
