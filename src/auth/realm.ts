/** A circle of tokens: what one realm signed is nothing to another. */
export interface Realm {
  readonly name: "admin" | "portal";
  readonly issuer: string;
  readonly audience: string;
}

/** The realm of the companies' own people. */
export const adminRealm: Realm = { name: "admin", issuer: "billai:admin", audience: "billai:admin-api" };
