import { createHmac, timingSafeEqual } from "node:crypto";
import { invalid } from "../../src/errors.ts";
import type { Instant } from "../../src/time/instant.ts";

/** Where a page ended. */
export interface PlaceInList {
  readonly createdAt: Instant;
  readonly id: string;
}

/** Opaque positions in lists, signed: nobody else makes them, and one company's fits no other and no other list. */
export interface Cursors {
  write(companyId: string, sort: string, place: PlaceInList): string;
  /** Throws VAL_001 (`cursor`) for any other text. */
  read(companyId: string, sort: string, cursor: string): PlaceInList;
}

const signatureBytes = 16;
const shape = /^[A-Za-z0-9_-]{24,400}$/;

/** Cursors signed with this secret, which outlives restarts. */
export function openCursors(secret: Uint8Array): Cursors {
  const sign = (companyId: string, sort: string, body: string): Buffer => {
    const text = JSON.stringify([companyId, sort, body]);
    return createHmac("sha256", secret).update(text).digest().subarray(0, signatureBytes);
  };
  return {
    write(companyId, sort, place) {
      const body = `${place.createdAt}.${place.id}`;
      return Buffer.concat([sign(companyId, sort, body), Buffer.from(body)]).toString("base64url");
    },
    read(companyId, sort, cursor) {
      if (!shape.test(cursor)) throw badCursor();
      const bytes = Buffer.from(cursor, "base64url");
      if (bytes.length <= signatureBytes) throw badCursor();
      const body = bytes.subarray(signatureBytes).toString();
      const signed = timingSafeEqual(sign(companyId, sort, body), bytes.subarray(0, signatureBytes));
      if (!signed) throw badCursor();
      const dot = body.indexOf(".");
      return { createdAt: Number(body.slice(0, dot)), id: body.slice(dot + 1) };
    },
  };
}

function badCursor() {
  return invalid("cursor", "is not one this list gave; start again without it");
}
