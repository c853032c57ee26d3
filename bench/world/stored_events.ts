import type { Sql } from "postgres";
import { connect } from "../../src/adapters/postgres/pool.ts";

const shortestWaitMs = 10;
const longestWaitMs = 100;

/** Watches how many events a store holds, looking at those only that it has not seen: a count would take a core. */
export class StoredEvents {
  readonly #sql: Sql;
  /** Of each partition, the last commit that has been counted. */
  readonly #seen = new Map<number, number>();
  #count = 0;

  constructor(url: string) {
    this.#sql = connect(url, { role: null, connections: 1 });
  }

  /**
   * Resolves once there are so many. Looks when most of those that are missing should have come, by how fast they have
   * come so far: to look all the time would take of the processor what is measured. Throws where there are more.
   */
  async reach(count: number): Promise<void> {
    await this.#look();
    const [before, startedAt] = [this.#count, performance.now()];
    while (this.#count < count) {
      const perEvent = (performance.now() - startedAt) / (this.#count - before); // nothing yet: Infinity
      const waitMs = (count - this.#count) * perEvent * 0.8;
      await Bun.sleep(Math.min(Math.max(waitMs || 0, shortestWaitMs), longestWaitMs));
      await this.#look();
    }
    if (this.#count > count) throw new Error(`${this.#count} events are stored, ${count} were sent`);
  }

  async close(): Promise<void> {
    await this.#sql.end({ timeout: 5 });
  }

  async #look(): Promise<void> {
    const seqs = Object.fromEntries(this.#seen);
    // As a part of what is selected it cannot be turned into a join, which would read all there is.
    const rows = await this.#sql<{ partition: number; seq: number; count: number }[]>`
      select p.id as partition, p.commit_seq as seq, (
        select count(*) from usage_events u where u.partition = p.id and u.commit_seq > coalesce(seen.seq::bigint, -1)
      ) as count
      from partitions p
      left join jsonb_each_text(${JSON.stringify(seqs)}::text::jsonb) as seen(id, seq) on seen.id = p.id::text
      where p.commit_seq > coalesce(seen.seq::bigint, -1)`;
    for (const { partition, seq, count } of rows) {
      this.#seen.set(partition, Number(seq));
      this.#count += Number(count);
    }
  }
}
