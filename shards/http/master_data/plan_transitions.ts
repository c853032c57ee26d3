import { Type } from "@sinclair/typebox";
import {
  isAnyPlan,
  pairKey,
  type StoredTransition,
  storedTransition,
  TransitionInput,
} from "../../../src/catalog/transition.ts";
import { invalid } from "../../../src/errors.ts";
import type { ListPage } from "../../../src/ports/documents.ts";
import { Ref } from "../../../src/text.ts";
import type { Services } from "../../services.ts";
import type { Route } from "../route.ts";
import { patched, usableEntry } from "./catalog_entries.ts";
import { catalogRoutes, type Editing } from "./catalog_routes.ts";

const { from: _from, to: _to, allowed, timing, proration, unused, usage } = TransitionInput.properties;

const TransitionPatch = Type.Object(
  {
    allowed,
    timing: Type.Optional(Type.Union([timing, Type.Null()])),
    proration: Type.Optional(Type.Union([proration, Type.Null()])),
    unused: Type.Optional(Type.Union([unused, Type.Null()])),
    usage: Type.Optional(Type.Union([usage, Type.Null()])),
  },
  { additionalProperties: false, minProperties: 1 },
);

const request = {
  from: "*",
  to: "plan_pro",
  timing: "immediate",
  proration: "day",
  unused: "credit",
  usage: "bill_now",
};

/** Plan transitions: what a change from one plan to another means; API.md §3. */
export function planTransitionRoutes(services: Services): Route[] {
  return catalogRoutes(services, {
    kind: "transition",
    collection: "plan-transitions",
    input: TransitionInput,
    patch: TransitionPatch,
    onChange:
      "Changes of plan from now on follow the new rule. `from` and `to` never change; `null` leaves a field to " +
      "the defaults. Of several rules the most specific holds: for both plans, then for the one that is left, then " +
      "for the one that is taken up, then for any.",
    filters: { from: Type.Optional(Ref), to: Type.Optional(Ref) },
    example: {
      request,
      patch: { proration: "second" },
      answer: {
        id: "trans_01kgb9v400t3v5x7z9b1d3f5h7",
        ...request,
        to: "plan_01kgb9v400p2q4r6s8t0v2w4x6",
        allowed: true,
        version: 1,
        archived: false,
        created_at: "2026-02-01T00:00:00Z",
        updated_at: "2026-02-01T00:00:00Z",
      },
    },
    create: async (at, input) => {
      const ids = { from: await planLeft(at, input.from), to: await planTakenUp(at, input.to) };
      return { body: storedTransition({ ...input, ...ids }), key: pairKey(ids.from, ids.to), parts: [] };
    },
    change: async (_at, entry, patch) => {
      const body = patched(entry.body as StoredTransition, patch);
      return { body, key: entry.key, parts: [] };
    },
    filtersOf: filtersById,
  });
}

/** The id of the plan that is left, which may be archived: its subscribers must be able to go. */
async function planLeft({ services, companyId }: Editing, ref: string): Promise<string> {
  if (isAnyPlan(ref)) return ref;
  const entry = await services.catalogs.get(companyId, "plan", ref);
  if (entry === null) throw invalid("from", "names no plan");
  return entry.id;
}

async function planTakenUp({ services, companyId }: Editing, ref: string): Promise<string> {
  return isAnyPlan(ref) ? ref : (await usableEntry(services, companyId, "plan", ref, "to")).id;
}

/** A list's filters by plan take keys too. */
async function filtersById(
  { services, companyId }: Editing,
  filters: ListPage["filters"],
): Promise<ListPage["filters"]> {
  const found: Record<string, string> = { ...filters };
  for (const field of ["from", "to"]) {
    const ref = filters[field];
    if (ref === undefined || isAnyPlan(ref)) continue;
    found[field] = (await services.catalogs.get(companyId, "plan", ref))?.id ?? ref;
  }
  return found;
}
