import type { Sql } from "postgres";

/** What is under way on connections that are given up may still be answered for so long. */
const graceS = 5;

/** A pool that says when one of its connections has closed. */
type Opened = (closed: () => void) => Sql;

/**
 * A pool that is opened anew once one of its connections closes.
 *
 * A connection of the driver that closes while a statement leaves keeps the rest of it: it never answers that
 * statement, and cannot connect again for most of a minute (github.com/porsager/postgres/issues/1208 is one end of it).
 * So the pool it was of is given up. What was never answered is told that its connection is gone.
 */
export function renewing(open: Opened): Sql {
  let pool: Sql | null = null;
  let isEnded = false;
  const current = (): Sql => {
    if (pool !== null) return pool;
    const opened = open(() => {
      if (isEnded || pool !== opened) return;
      pool = null;
      void opened.end({ timeout: graceS }).catch(() => {});
    });
    pool = opened;
    return opened;
  };
  const end: Sql["end"] = (options) => {
    isEnded = true;
    return current().end(options);
  };
  return new Proxy((() => {}) as unknown as Sql, {
    apply: (_, __, args) => Reflect.apply(current(), undefined, args),
    get: (_, name) => (name === "end" ? end : Reflect.get(current(), name)),
  });
}
