import { fromInteger } from "../money/decimal.ts";
import type { Instant } from "../time/instant.ts";
import { type Aggregate, emptyAggregate, type Mention, type Sample } from "./aggregate_state.ts";
import type { Metric } from "./metric.ts";

// Where texts only come, a set of them is enough. Where they can be taken out again, the last thing said of each
// decides, and what is gone stays known: an event that comes in late must not bring it back.

/** How long what is gone stays known in the periods after, in milliseconds: 400 days. */
const GONE_IS_KNOWN = 400 * 86_400_000;

/** How many distinct texts there are. */
export function textCount({ texts, mentions, second }: Aggregate): number {
  return mentions === null ? (texts?.size ?? 0) : Number(second.c);
}

/** How many there would be with one sample more. */
export function textCountWith(metric: Metric, aggregate: Aggregate, text: string, sample: Sample): number {
  const { texts, mentions } = aggregate;
  const count = textCount(aggregate);
  if (metric.operation_field === undefined) return count + (texts?.has(text) === true ? 0 : 1);
  const known = mentions?.get(text);
  if (!isLater(sample, known)) return count;
  return count + Number(!sample.removes) - Number(known?.isThere ?? false);
}

/** Takes a text in, or out where the sample says so. */
export function takeText(metric: Metric, aggregate: Aggregate, text: string, sample: Sample): void {
  if (metric.operation_field === undefined) {
    aggregate.texts ??= new Set();
    aggregate.texts.add(text);
    return;
  }
  const { at, order, removes } = sample;
  aggregate.mentions ??= new Map();
  if (!isLater(sample, aggregate.mentions.get(text))) return;
  aggregate.second = fromInteger(textCountWith(metric, aggregate, text, sample));
  aggregate.mentions.set(text, { at, order, isThere: !removes });
}

/**
 * The texts that are there, said before anything in a period that starts then, and those that went not long ago; null
 * where none ever was.
 */
export function textsFrom(metric: Metric, aggregate: Aggregate, start: Instant): Aggregate | null {
  const { texts, mentions } = aggregate;
  if (texts === null && mentions === null) return null;
  const there = new Map<string, Mention>();
  for (const text of texts ?? []) there.set(text, { at: start - 1, order: 0, isThere: true });
  let count = texts?.size ?? 0;
  for (const [text, mention] of mentions ?? []) {
    if (!mention.isThere && mention.at < start - GONE_IS_KNOWN) continue;
    there.set(text, mention.at < start ? mention : { ...mention, at: start - 1 });
    if (mention.isThere) count += 1;
  }
  const from = emptyAggregate(aggregate.kind);
  if (metric.operation_field === undefined) {
    from.texts = new Set([...there].flatMap(([text, { isThere }]) => (isThere ? [text] : [])));
  } else {
    from.mentions = there;
    from.second = fromInteger(count);
  }
  return from;
}

/** By event time, then by arrival. */
function isLater({ at, order }: Sample, known: Mention | undefined): boolean {
  if (known === undefined || at > known.at) return true;
  return at === known.at && order > known.order;
}
