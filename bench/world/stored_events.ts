import type { Sql } from "postgres";
import { connect } from "../../src/adapters/postgres/pool.ts";

/** Watches how many events a store holds, looking at those only that it has not seen: a count would take a core. */
export class StoredEvents {
  readonly #sql: Sql;
  /** Of each partition, the last commit that has been counted. */
  readonly #seen = new Map<number, number>();
  #count = 0;

  constructor(url: string) {
    this.#sql = connect(url, { role: null, connections: 1 });
  }

  /** Resolves once there are so many. Throws where there are more. */
  async reach(count: number): Promise<void> {
    while (this.#count < count) {
      await this.#look();
      if (this.#count < count) await Bun.sleep(10);
    }
    if (this.#count > count) throw new Error(`${this.#count} events are stored, ${count} were sent`);
  }

  async close(): Promise<void> {
    await this.#sql.end({ timeout: 5 });
  }

  async #look(): Promise<void> {
    const seqs = Object.fromEntries(this.#seen);
    const rows = await this.#sql<{ partition: number; seq: number; count: number }[]>`
      select p.id as partition, max(u.commit_seq) as seq, count(*) as count
      from partitions p
      left join jsonb_each_text(${JSON.stringify(seqs)}::text::jsonb) as seen(id, seq) on seen.id = p.id::text
      cross join lateral (
        select commit_seq from usage_events
        where partition = p.id and commit_seq > coalesce(seen.seq::bigint, -1)) u
      group by p.id`;
    for (const { partition, seq, count } of rows) {
      this.#seen.set(partition, Number(seq));
      this.#count += Number(count);
    }
  }
}
