import { type Static, Type } from "@sinclair/typebox";
import { BillingError, invalid } from "../../../src/errors.ts";
import { limits } from "../../../src/limits.ts";
import type { TestClock } from "../../../src/ports/clock_store.ts";
import { Text } from "../../../src/text.ts";
import { formatInstant } from "../../../src/time/instant.ts";
import type { Services } from "../../services.ts";
import { instantField } from "../fields.ts";
import { listQuery, pageAnswer, readPage } from "../list.ts";
import { type Answer, type Context, type Route, route } from "../route.ts";

const InstantText = Type.String({ format: "date-time" });
const ClockInput = Type.Object({ name: Text(255), now: InstantText }, { additionalProperties: false });
const AdvanceInput = Type.Object({ to: InstantText }, { additionalProperties: false });

const path = "/api/v1/admin/test-clocks";
const shown = {
  id: "clock_01kgb9v400q3s5v7x9z2b4d6f8",
  name: "February close",
  now: "2026-02-01T00:00:00Z",
  status: "ready",
  target: null,
  created_at: "2026-02-01T00:00:00Z",
};

/** Test clocks; API.md §3. */
export function testClockRoutes(services: Services): Route[] {
  const common = { service: "admin" } as const;
  const read = { auth: { scopes: ["test_clocks:read"] } } as const;
  const write = { auth: { scopes: ["test_clocks:write"] } } as const;
  return [
    route({
      ...common,
      ...write,
      method: "POST",
      path,
      summary: "Create a test clock",
      description:
        "Customers created with it live on its time: nothing of theirs is due until it is advanced.",
      body: ClockInput,
      success: 201,
      example: { request: { name: shown.name, now: shown.now }, answer: shown },
      handler: (ctx) => create(services, ctx),
    }),
    route({
      ...common,
      ...read,
      method: "GET",
      path,
      summary: "List test clocks, newest first",
      query: listQuery({ name: Type.Optional(Text(255)) }),
      example: { answer: [shown] },
      handler: async (ctx) => {
        const page = readPage(ctx, "test_clocks");
        const clocks = await services.clockStore.list(ctx.principal.companyId, page);
        const placeOf = (clock: TestClock) => ({ createdAt: clock.created_at, id: clock.id });
        return pageAnswer(ctx, "test_clocks", page, clocks, placeOf, show);
      },
    }),
    route({
      ...common,
      ...read,
      method: "GET",
      path: `${path}/:id`,
      summary: "Read a test clock",
      example: { answer: shown },
      handler: async ({ principal, params }) => ({
        payload: show(await existing(services, principal.companyId, params.id)),
      }),
    }),
    route({
      ...common,
      ...write,
      method: "POST",
      path: `${path}/:id/advance`,
      summary: "Advance a test clock",
      description:
        "Answers when everything due by `to` has happened, in the order of time: periods end, invoices are issued, " +
        "limits reset. An advance cut short goes on by itself.",
      body: AdvanceInput,
      example: { request: { to: "2026-03-01T01:00:00Z" }, answer: { ...shown, now: "2026-03-01T01:00:00Z" } },
      handler: async (ctx) => {
        const clock = await existing(services, ctx.principal.companyId, ctx.params.id);
        const to = targetOf(clock, ctx.body.to);
        await services.clockAdvance.advance(clock.company_id, clock.id, to);
        return { payload: show({ ...clock, now: to, target: null }) };
      },
    }),
  ];
}

async function create(
  services: Services,
  ctx: Pick<Context<Static<typeof ClockInput>, unknown, object>, "body" | "principal" | "now" | "keep">,
): Promise<Answer> {
  const clock: TestClock = {
    id: services.ids.next("clock"),
    company_id: ctx.principal.companyId,
    name: ctx.body.name,
    now: instantField("now", ctx.body.now),
    target: null,
    created_at: ctx.now,
  };
  const answer = { status: 201, payload: show(clock) };
  await services.clockStore.create(clock, ctx.keep(answer));
  await services.waker.announce({ id: clock.id, now: clock.now });
  return answer;
}

/** Where to go; one that is on its way there already may be joined. Throws VAL_001 for what lies behind or too far. */
function targetOf(clock: TestClock, text: string): number {
  const to = instantField("to", text);
  if (clock.target !== null) return to;
  if (to <= clock.now) throw invalid("to", `must be after the clock's now, ${formatInstant(clock.now)}`);
  if (to > clock.now + limits.testClockAdvanceMsMax) {
    throw invalid("to", "must be at most five years after the clock's now");
  }
  return to;
}

async function existing(services: Services, companyId: string, id: string): Promise<TestClock> {
  const clock = await services.clockStore.get(companyId, id);
  if (clock === null) throw new BillingError("RES_001", "No such test clock");
  return clock;
}

function show(clock: TestClock) {
  return {
    id: clock.id,
    name: clock.name,
    now: formatInstant(clock.now),
    status: clock.target === null ? "ready" : "advancing",
    target: clock.target === null ? null : formatInstant(clock.target),
    created_at: formatInstant(clock.created_at),
  };
}
