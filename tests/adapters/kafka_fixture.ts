/** The brokers tests may use; none where KAFKA_BROKERS is not set. */
export const brokers = (process.env.KAFKA_BROKERS ?? "").split(",").filter((address) => address !== "");

/** What a skipped test says. */
export const skipped = brokers.length > 0 ? "" : " (unproven: KAFKA_BROKERS names no broker)";

let topics = 0;

/** A topic of a test's own. */
export function newTopic(): string {
  topics += 1;
  return `test.${process.pid}.${Date.now()}.${topics}`;
}
