/** Password hashing, slow on purpose. */
export interface Passwords {
  /** A salted hash in a self-describing text form. */
  hash(password: string): Promise<string>;
  /** False for a wrong password and for text that is no hash. */
  matches(password: string, hash: string): Promise<boolean>;
}
