import { networkInterfaces } from "node:os";
import type { Config } from "../../src/config.ts";
import type { Share } from "../ground.ts";
import type { PeerHost } from "./peering.ts";

const everywhere = ["0.0.0.0", "::"];

/**
 * Where other processes reach this one: on this machine alone where they all are, else at the address the front port
 * listens on, or the machine's own where that is any. Null where there are no others.
 */
export function peerHostOf({ host, kafkaBrokers }: Config, { count }: Share): PeerHost | null {
  if (kafkaBrokers === null) return count === 1 ? null : { host: "127.0.0.1", advertised: "127.0.0.1" };
  return { host, advertised: everywhere.includes(host) ? ownAddress() : host };
}

/** The machine's first address that others can reach. */
function ownAddress(): string {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  const outer = all.filter(({ internal }) => !internal);
  return (outer.find(({ family }) => family === "IPv4") ?? outer[0])?.address ?? "127.0.0.1";
}
