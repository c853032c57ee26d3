import type { Static, TOptional, TSchema } from "@sinclair/typebox";
import type { CatalogRow } from "../../../src/catalog/catalog.ts";
import { BillingError } from "../../../src/errors.ts";
import type { CatalogEntry } from "../../../src/ports/catalog_store.ts";
import type { ListPage } from "../../../src/ports/documents.ts";
import type { CompanyView } from "../../companies.ts";
import type { Services } from "../../services.ts";
import { listQuery, pageAnswer, readPage } from "../list.ts";
import { type Answer, type Context, type Route, route } from "../route.ts";
import { entryOf, newRow, nextRow, showEntry } from "./catalog_entries.ts";

type Collection = "products" | "metrics" | "prices" | "plans" | "plan-transitions" | "coupons";

const prefixes = {
  product: "prod",
  metric: "met",
  price: "price",
  plan: "plan",
  transition: "trans",
  coupon: "coup",
} as const;

/** What a request asks to be stored: the body of the object's version, and first versions of what it is made of. */
export interface Draft {
  readonly body: unknown;
  readonly key: string | null;
  readonly parts: readonly CatalogRow[];
  /** The fields to answer, where they are not the body as it stands. */
  readonly fields?: object;
}

/** Whose catalog is written to, and when. */
export interface Editing {
  readonly services: Services;
  readonly companyId: string;
  readonly now: number;
}

/** What sets one kind of catalog object apart from the others. */
export interface CatalogKindRoutes<B extends TSchema, P extends TSchema> {
  readonly kind: CatalogRow["kind"];
  readonly collection: Collection;
  readonly input: B;
  readonly patch: P;
  /** What a change leads to, in Markdown. */
  readonly onChange: string;
  readonly filters: Readonly<Record<string, TOptional<TSchema>>>;
  readonly example: {
    readonly request: object;
    readonly patch: object;
    readonly answer: object;
    /** Several ways to create one, each under what it shows. */
    readonly examples?: Readonly<Record<string, { readonly request: object; readonly answer: object }>>;
  };
  create(at: Editing, input: Static<B>): Promise<Draft>;
  change(at: Editing, entry: CatalogEntry, patch: Static<P>): Promise<Draft>;
  /** The fields to answer of a stored body; without it the body as it stands. */
  fields?(body: unknown, company: CompanyView): object;
  /** Filters as they are stored: ids in place of keys. */
  filtersOf?(at: Editing, filters: ListPage["filters"]): Promise<ListPage["filters"]>;
}

/** Create, list, read, change and archive one kind of catalog object; API.md §2, Master data. */
export function catalogRoutes<B extends TSchema, P extends TSchema>(
  services: Services,
  of: CatalogKindRoutes<B, P>,
): Route[] {
  const { kind, collection, example } = of;
  const { patch: _, ...created } = example;
  const path = `/api/v1/master-data/${collection}` as const;
  const common = { service: "master_data" } as const;
  const [reads, writes] = scopesOf(collection);
  return [
    route({
      ...common,
      ...writes,
      method: "POST",
      path,
      summary: `Create a ${kind}`,
      body: of.input,
      success: 201,
      example: created,
      handler: (ctx) => create(services, of, ctx),
    }),
    route({
      ...common,
      ...reads,
      method: "GET",
      path,
      summary: `List ${collection}, newest first`,
      description: "Archived ones are left out; by id they can still be read.",
      query: listQuery(of.filters),
      example: { answer: [example.answer] },
      handler: (ctx) => list(services, of, ctx),
    }),
    route({
      ...common,
      ...reads,
      method: "GET",
      path: `${path}/:id`,
      summary: `Read a ${kind} by id or key`,
      example: { answer: example.answer },
      handler: async ({ principal: { companyId }, params }) => {
        const entry = await entryOf(services, companyId, kind, params.id);
        return { payload: await shownFrom(services, companyId, of, entry) };
      },
    }),
    route({
      ...common,
      ...writes,
      method: "PATCH",
      path: `${path}/:id`,
      summary: `Change a ${kind}: a new version`,
      description: of.onChange,
      body: of.patch,
      example: { request: example.patch, answer: { ...example.answer, ...example.patch, version: 2 } },
      handler: (ctx) => change(services, of, ctx),
    }),
    route({
      ...common,
      ...writes,
      method: "DELETE",
      path: `${path}/:id`,
      summary: `Archive a ${kind}`,
      description: "What runs on it runs on; nothing new can use it, and its key is free again.",
      example: { answer: { ...example.answer, archived: true } },
      handler: async ({ principal: { companyId }, params }) => {
        const entry = await entryOf(services, companyId, kind, params.id);
        await services.catalogs.archive(companyId, entry.id, null);
        await services.companies.refresh(companyId);
        return { payload: await shownFrom(services, companyId, of, { ...entry, archived: true }) };
      },
    }),
  ];
}

function scopesOf(collection: Collection) {
  const resource = collection === "plan-transitions" ? "plan_transitions" : collection;
  const scope = <Does extends string>(does: Does) => ({ auth: { scopes: [`${resource}:${does}`] } }) as const;
  return [scope("read"), scope("write")] as const;
}

type Writing<B> = Pick<Context<B, unknown, object, "id">, "body" | "principal" | "now" | "keep" | "params">;

async function create<B extends TSchema, P extends TSchema>(
  services: Services,
  of: CatalogKindRoutes<B, P>,
  ctx: Omit<Writing<Static<B>>, "params">,
): Promise<Answer> {
  const { companyId } = ctx.principal;
  const draft = await of.create({ services, companyId, now: ctx.now }, ctx.body);
  const row = newRow(of.kind, services.ids.next(prefixes[of.kind]), draft.key, draft.body, ctx.now);
  const payload = showEntry({ ...row, first_created_at: ctx.now }, draft.fields ?? bodyOf(row));
  const answer = { status: 201, payload };
  await services.catalogs.create(companyId, [...draft.parts, row], ctx.keep(answer));
  await services.companies.refresh(companyId);
  if (of.kind === "metric") services.orphanRecovery.wake(companyId);
  return answer;
}

async function change<B extends TSchema, P extends TSchema>(
  services: Services,
  of: CatalogKindRoutes<B, P>,
  ctx: Writing<Static<P>>,
): Promise<Answer> {
  const { companyId } = ctx.principal;
  const entry = await entryOf(services, companyId, of.kind, ctx.params.id);
  if (entry.archived) throw new BillingError("RES_002", `The ${of.kind} is archived and does not change`);
  const draft = await of.change({ services, companyId, now: ctx.now }, entry, ctx.body);
  const next = nextRow(entry, draft.body, ctx.now);
  const answer = { payload: showEntry(next, draft.fields ?? bodyOf(next)) };
  await services.catalogs.addVersion(companyId, next, draft.parts, ctx.keep(answer));
  await services.companies.refresh(companyId);
  if (of.kind === "metric") services.orphanRecovery.wake(companyId);
  return answer;
}

async function list<B extends TSchema, P extends TSchema>(
  services: Services,
  of: CatalogKindRoutes<B, P>,
  ctx: Pick<Context<unknown, unknown, object>, "principal" | "query" | "cursors" | "now">,
): Promise<Answer> {
  const { companyId } = ctx.principal;
  const asked = readPage(ctx, of.collection);
  const at = { services, companyId, now: ctx.now };
  const page = { ...asked, filters: (await of.filtersOf?.(at, asked.filters)) ?? asked.filters };
  const entries = await services.catalogs.list(companyId, of.kind, page);
  const company = await companyNow(services, companyId);
  const placeOf = (entry: CatalogEntry) => ({ createdAt: entry.first_created_at, id: entry.id });
  return pageAnswer(ctx, of.collection, page, entries, placeOf, (entry) => shown(of, entry, company));
}

async function shownFrom<B extends TSchema, P extends TSchema>(
  services: Services,
  companyId: string,
  of: CatalogKindRoutes<B, P>,
  entry: CatalogEntry,
): Promise<unknown> {
  return shown(of, entry, await companyNow(services, companyId));
}

function shown<B extends TSchema, P extends TSchema>(
  of: CatalogKindRoutes<B, P>,
  entry: CatalogEntry,
  company: CompanyView,
): unknown {
  return showEntry(entry, of.fields?.(entry.body, company) ?? bodyOf(entry));
}

/** The company's catalog at least as new as what the store just gave. */
async function companyNow(services: Services, companyId: string): Promise<CompanyView> {
  await services.companies.refreshIfStale(companyId);
  const company = await services.companies.meet(companyId);
  if (company === null) throw new BillingError("RES_001", "No such company");
  return company;
}

function bodyOf(row: CatalogRow): object {
  return row.body as object; // stored bodies are objects: what the schemas let in
}
