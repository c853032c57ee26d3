import { connect } from "../../src/adapters/postgres/pool.ts";

/** The id of a clone, of the shape ids have. */
export function idOfClone(number: number): string {
  return `cust_${String(number).padStart(26, "0")}`;
}

/** Stores the one customer there is so many times more, with its subscription, under other ids. */
export async function cloneCustomers(url: string, count: number): Promise<void> {
  const sql = connect(url, { role: null, connections: 1 });
  const numbers = sql`generate_series(1, ${count}::int) as n`;
  const [customer, subscription] = [
    sql`'cust_' || lpad(n::text, 26, '0')`,
    sql`'sub_' || lpad(n::text, 26, '0')`,
  ];
  const [c] = await sql<{ id: string }[]>`select id from customers`;
  const [s] = await sql<{ id: string }[]>`select id from subscriptions`;
  if (c === undefined || s === undefined) throw new Error("there is no customer with a subscription");
  const renamed = sql`replace(replace(replace(t.body::text, ${c.id}, ${customer}), ${s.id}, ${subscription}), '"bench-0"', '"clone-' || n || '"')`;
  await sql`
    insert into customers (company_id, id, customer_id, status, body, created_at, updated_at)
    select company_id, ${customer}, ${customer}, status, ${renamed}::json, created_at, updated_at
    from customers t, ${numbers} where t.id = ${c.id}`;
  await sql`
    insert into subscriptions (company_id, id, customer_id, status, body, created_at, updated_at)
    select company_id, ${subscription}, ${customer}, status, ${renamed}::json, created_at, updated_at
    from subscriptions t, ${numbers} where t.id = ${s.id}`;
  await sql`
    insert into facts (company_id, customer_id, seq, type, at, body, partition, commit_seq)
    select company_id, ${customer}, seq, type, at, ${renamed}::jsonb, partition, commit_seq
    from facts t, ${numbers} where t.customer_id = ${c.id}`;
  await sql`
    insert into wakes (company_id, customer_id, partition, clock_id, next_wake)
    select company_id, ${customer}, partition, clock_id, next_wake from wakes t, ${numbers} where t.customer_id = ${c.id}`;
  await sql.unsafe("vacuum analyze");
  await sql.end({ timeout: 5 });
}
