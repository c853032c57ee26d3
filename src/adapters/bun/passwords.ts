import type { Passwords } from "../../ports/passwords.ts";

// OWASP's first recommendation for argon2id: 19 MiB, two passes; about 25 ms of one core.
const argon2id = { algorithm: "argon2id", memoryCost: 19_456, timeCost: 2 } as const;

/** Argon2id, computed off the event loop. */
export const argonPasswords: Passwords = {
  hash: (password) => Bun.password.hash(password, argon2id),
  matches: async (password, hash) => {
    try {
      return await Bun.password.verify(password, hash);
    } catch {
      return false; // the stored text is no hash it knows
    }
  },
};
