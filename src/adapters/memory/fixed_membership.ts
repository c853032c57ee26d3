import type { Membership } from "../../ports/membership.ts";

/** Partitions that are given once and stay: where processes are started with their share of them. */
export function fixedMembership(partitions: readonly number[]): Membership {
  let tell = async (_: readonly number[]): Promise<void> => {};
  return {
    join: async (assigned) => {
      tell = assigned;
      await assigned(partitions);
    },
    rejoin: () => {
      void tell([]).then(() => tell(partitions));
    },
    leave: () => tell([]),
    isCurrent: () => true,
  };
}
