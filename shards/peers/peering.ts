import type { AuthStore } from "../../src/ports/auth_store.ts";
import type { Clock } from "../../src/ports/clock.ts";
import type { RandomBytes } from "../../src/ports/random.ts";
import type { ShardStore } from "../../src/ports/shard_store.ts";
import type { Say } from "../say.ts";
import { Owners } from "./owners.ts";
import { Peers } from "./peers.ts";
import { openPeerServer, type PeerServer } from "./server.ts";

/** Where this process listens for the others, and the name they know that address by. */
export interface PeerHost {
  readonly host: string;
  readonly advertised: string;
}

/** This process among the others: how they reach it, and how it reaches them. */
export interface Peering {
  readonly server: PeerServer;
  readonly peers: Peers;
}

interface PeeringParts {
  readonly users: AuthStore;
  readonly store: ShardStore;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly say: Say;
}

/** Opens the way between processes; the first one makes the secret they know each other by. */
export async function openPeering(
  host: PeerHost,
  { users, store, clock, random, say }: PeeringParts,
): Promise<Peering> {
  const made = Buffer.from(random(32)).toString("base64url");
  const [kept] = await users.signingKeys("peers", {
    realm: "peers",
    id: "1",
    secret: made,
    createdAt: clock.now(),
  });
  const secret = kept?.secret ?? made;
  const server = openPeerServer({ ...host, secret, clock, say });
  return { server, peers: new Peers({ owners: new Owners(store), address: server.address, secret, clock }) };
}
