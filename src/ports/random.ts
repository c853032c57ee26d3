/** Unguessable bytes: keys, tokens and nonces are made of nothing else. */
export type RandomBytes = (count: number) => Uint8Array;
