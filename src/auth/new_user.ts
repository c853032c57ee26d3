import { invalid } from "../errors.ts";
import { limits } from "../limits.ts";
import type { User } from "../ports/auth_store.ts";
import type { Passwords } from "../ports/passwords.ts";
import type { Instant } from "../time/instant.ts";
import { normalizeEmail } from "./sessions.ts";

/** Who a new user is to be, with the password in clear. */
export interface NewUser extends Pick<User, "id" | "companyId" | "email" | "name" | "role" | "operator"> {
  readonly password: string;
}

/** A user ready to be stored, the password hashed. Throws VAL_001 (`password`) for one that is too short or long. */
export async function newUser(given: NewUser, passwords: Passwords, now: Instant): Promise<User> {
  const { password, ...user } = given;
  const passwordHash = await hashPassword(password, passwords);
  const email = normalizeEmail(given.email);
  return { ...user, email, passwordHash, disabledAt: null, createdAt: now, updatedAt: now };
}

/** The hash of a password people may choose. Throws VAL_001 (`password`). */
export async function hashPassword(password: string, passwords: Passwords): Promise<string> {
  const { passwordCharactersMin: min, passwordCharactersMax: max } = limits;
  if (password.length < min) throw invalid("password", `must have at least ${min} characters`);
  if (password.length > max) throw invalid("password", `must have at most ${max} characters`);
  return passwords.hash(password);
}
