import { expect } from "bun:test";
import { stockBillingWorld, usage } from "../http/billing_world.ts";
import type { Heard, Several } from "./several.ts";

/** Calls that must succeed, to one process after the other. */
export function around(world: Several): (method: string, path: string, body?: unknown) => Promise<Heard> {
  let next = 0;
  return async (method, path, body) => {
    const told = await world.ask(next++ % world.running.length, method, path, body);
    if (told.status >= 300) throw new Error(`${method} ${path}: ${told.text}`);
    return told;
  };
}

export const names = ["ada", "eve", "joe", "kim", "lou", "max", "pat", "sam"];

/** A month of eight customers, every call to another process; what each of them owes in the end. */
export async function month(
  world: Several,
  between: (day: number) => Promise<void> = async () => {},
): Promise<unknown> {
  const done = around(world);
  const { clock, customer } = await stockBillingWorld(done);
  for (const name of names.slice(1)) await customer(name);
  for (let day = 1; day <= 28; day += 3) {
    const at = `2023-11-${String(day).padStart(2, "0")}T12:00:00Z`;
    await done("POST", `/admin/test-clocks/${clock.id}/advance`, { to: at });
    const events = names.flatMap((name, n) =>
      [1, 2, 3].map((k) => usage(`${day}-${k}`, name, at, day * 1000 * (n + 1), k * (n + 7))),
    );
    const taken = await done("POST", `/usage/events${day % 2 === 0 ? "?wait=applied" : ""}`, { events });
    expect(taken.payload).toMatchObject({ accepted: events.length, rejected: 0 });
    if (day % 7 === 0) await done("POST", "/usage/events", { events }); // once more, which counts once
    if (day === 19) await done("POST", `/usage/events/4-1/void`, { customer_id: "eve" });
    await between(day);
  }
  await done("POST", `/admin/test-clocks/${clock.id}/advance`, { to: "2023-12-01T02:00:00Z" });
  const owed: Record<string, unknown> = {};
  for (const name of names) {
    const { payload } = await done("GET", `/invoicing/invoices?customer_id=${name}`);
    const invoices = payload as unknown as Record<string, unknown>[];
    owed[name] = invoices.map(({ status, total, line_items }) => ({
      status,
      total,
      lines: linesOf(line_items),
    }));
  }
  return owed;
}

function linesOf(lines: unknown): unknown {
  return (lines as Record<string, unknown>[]).map(({ description, quantity, amount }) => [
    description,
    quantity,
    amount,
  ]);
}
