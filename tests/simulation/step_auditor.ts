import type { CommitBatch, NumberedRows } from "../../src/ports/shard_store.ts";
import type { PartitionCursor } from "../../src/ports/stored_rows.ts";
import { must } from "./breach.ts";
import { customerName, type Tables } from "./stored.ts";

/** What a commit may not break, whatever else is wrong: looked at after every single one. */
export class StepAuditor {
  readonly #tables: Tables;
  readonly #stood = new Map<number, PartitionCursor>();
  readonly #seqs = new Map<string, number>();
  readonly #counted = new Set<string>();
  readonly #numbers = new Map<string, number>();
  commits = 0;

  constructor(tables: Tables) {
    this.#tables = tables;
  }

  committed(batch: CommitBatch, { facts }: NumberedRows): void {
    this.commits++;
    this.#moved(batch);
    const seqs = new Map<string, number[]>();
    for (const row of [...batch.usage, ...facts]) {
      const name = customerName(row);
      const known = seqs.get(name);
      if (known === undefined) seqs.set(name, [row.seq]);
      else known.push(row.seq);
    }
    for (const [name, numbers] of seqs) this.#follow(name, numbers);
    for (const { companyId, customerId, source, eventId } of batch.usage) {
      const event = `${companyId}|${customerId}|${source}|${eventId}`;
      must(!this.#counted.has(event), () => `${event} is counted twice`);
      this.#counted.add(event);
    }
    const recorded = new Set(batch.usage.map((row) => `${customerName(row)}|${row.seq}`));
    for (const row of batch.newIdentities)
      must(
        row.verdict !== "applied" || recorded.has(`${customerName(row)}|${row.seq}`),
        () => `${row.digest} is applied and nothing is recorded`,
      );
    for (const fact of facts) if (fact.type === "invoice_issued") this.#numbered(fact.companyId, fact.body);
  }

  /** The owner alone commits, one commit after the other, and never goes back. */
  #moved({ cursor, nextOffset, nextIndex }: CommitBatch): void {
    const { partition, epoch, commitSeq } = cursor;
    const stood = this.#stood.get(partition) ?? { ...cursor, commitSeq: 0, nextOffset: 0, nextIndex: 0 };
    const name = `partition ${partition}`;
    must(epoch === this.#tables.partitions.get(partition)?.epoch, () => `${name}: an owner before commits`);
    must(commitSeq === stood.commitSeq, () => `${name}: commit ${commitSeq} comes after ${stood.commitSeq}`);
    const isAhead =
      nextOffset > stood.nextOffset || (nextOffset === stood.nextOffset && nextIndex >= stood.nextIndex);
    must(isAhead, () => `${name} goes back from ${stood.nextOffset} to ${nextOffset}`);
    this.#stood.set(partition, { ...cursor, commitSeq: commitSeq + 1, nextOffset, nextIndex });
  }

  #follow(name: string, numbers: number[]): void {
    let last = this.#seqs.get(name) ?? 0;
    for (const seq of numbers.sort((a, b) => a - b)) {
      must(seq === last + 1, () => `${name}: fact ${seq} comes after ${last}`);
      last = seq;
    }
    this.#seqs.set(name, last);
  }

  #numbered(companyId: string, body: string): void {
    const [, number = "", digits] = /"number":"([^"]*-(\d+))"/u.exec(body) ?? [];
    const nth = Number(digits);
    const last = this.#numbers.get(companyId) ?? 0;
    must(nth === last + 1, () => `${companyId}: invoice ${number} comes after number ${last}`);
    this.#numbers.set(companyId, nth);
  }
}
