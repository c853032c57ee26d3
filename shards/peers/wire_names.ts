/** Proves that a request comes from another process of this installation. */
export const peerHeader = "x-billai-peer";
/** The address of the client a forwarded request comes from. */
export const clientHeader = "x-billai-client";
/** The id of a forwarded request, under which it began. */
export const requestHeader = "x-billai-request";
/** Says in an answer that whoever was asked is not the owner. */
export const notOwnerHeader = "x-billai-not-owner";

/** Where processes ask each other. */
export const peerPaths = {
  take: "/peer/take",
  wake: "/peer/wake",
  clock: "/peer/clock",
  spend: "/peer/spend",
} as const;
