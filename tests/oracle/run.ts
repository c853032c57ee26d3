import { type Case, drawCase, type Edge, edges, type Model, models } from "./cases.ts";
import { difference } from "./compare.ts";
import { Random } from "./random.ts";

/** How many cases of each kind were run, and the first one that differed. */
export interface Run {
  readonly counts: ReadonlyMap<Model, ReadonlyMap<Edge, number>>;
  readonly failure: { readonly drawn: Case; readonly why: string; readonly index: number } | null;
}

/** Draws and compares `cases` cases from the seed, every model with every kind of edge in turn. */
export function runOracle(cases: number, seed: number): Run {
  const random = new Random(seed);
  const counts = new Map(models.map((model) => [model, new Map(edges.map((edge) => [edge, 0]))]));
  for (let index = 0; index < cases; index += 1) {
    const model = models[index % models.length] ?? "flat";
    const edge = edges[Math.floor(index / models.length) % edges.length] ?? "edge";
    const drawn = drawCase(random, model, edge);
    const why = difference(drawn);
    if (why !== null) return { counts, failure: { drawn, why, index } };
    const row = counts.get(model);
    row?.set(edge, (row.get(edge) ?? 0) + 1);
  }
  return { counts, failure: null };
}
