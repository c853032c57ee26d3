/** A member of the group, with what it may still be using. */
export interface Claim {
  readonly id: string;
  readonly partitions: readonly number[];
  /** The generation of the group in which it was given them. */
  readonly generation: number;
}

/**
 * Shares the partitions 0 to `partitions` - 1 out evenly, to within one. A member keeps what it claims as far as that
 * allows. What another member still claims is left out: it is given away in the round after that member let it go.
 * The same claims give the same shares in any order of members. Answers each member's partitions, ascending.
 */
export function assign(claims: readonly Claim[], partitions: number): Map<string, number[]> {
  const holders = holdersOf(claims, partitions);
  const shares = new Map(claims.map(({ id }) => [id, [] as number[]]));
  for (const [partition, holder] of holders) shares.get(holder)?.push(partition);
  const largestFirst = [...shares].sort(
    ([a, x], [b, y]) => y.length - x.length || (a < b ? -1 : Number(a > b)),
  );
  const quota = (place: number): number => Math.floor((partitions + shares.size - 1 - place) / shares.size);
  for (const [place, [, share]] of largestFirst.entries()) share.splice(quota(place));
  const kept = new Set([...shares.values()].flat());
  const open = Array.from({ length: partitions }, (_, id) => id).filter((id) => !kept.has(id));
  for (const [place, [, share]] of largestFirst.entries()) {
    const more = open.splice(0, quota(place) - share.length);
    share.push(...more.filter((partition) => !holders.has(partition)));
    share.sort((a, b) => a - b);
  }
  return shares;
}

/** Who holds each claimed partition, ascending: of several that claim it, whose claim is the youngest. */
function holdersOf(claims: readonly Claim[], partitions: number): Map<number, string> {
  const youngestFirst = claims.toSorted((a, b) => b.generation - a.generation || (a.id < b.id ? -1 : 1));
  const holders = new Map<number, string>();
  for (let partition = 0; partition < partitions; partition++) {
    const holder = youngestFirst.find((claim) => claim.partitions.includes(partition));
    if (holder !== undefined) holders.set(partition, holder.id);
  }
  return holders;
}
