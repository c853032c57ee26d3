import type { Instant } from "../time/instant.ts";

/** The last thing that was said of a text: there or gone. */
export interface Mention {
  readonly at: Instant;
  readonly order: number;
  readonly isThere: boolean;
}

/** True where a mention is later than what is known of its text: by time, then by arrival. */
export function isLaterMention(known: Mention | undefined, mention: Mention): boolean {
  if (known === undefined || mention.at > known.at) return true;
  return mention.at === known.at && mention.order > known.order;
}
