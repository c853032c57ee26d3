import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";

const mark = "sealed1:"; // no JSON text begins so
const nonceBytes = 12;
const tagBytes = 16;

/** Encrypts an answer that holds a secret (AES-256-GCM), so that only who has the Idempotency-Key can read it again. */
export function sealAnswer(body: string, idempotencyKey: string, companyId: string): string {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv("aes-256-gcm", keyOf(idempotencyKey, companyId), nonce);
  const sealed = Buffer.concat([nonce, cipher.update(body, "utf8"), cipher.final(), cipher.getAuthTag()]);
  return mark + sealed.toString("base64");
}

/** The answer as it was given; text that was not sealed passes through. Throws when it was tampered with. */
export function openAnswer(kept: string, idempotencyKey: string, companyId: string): string {
  if (!kept.startsWith(mark)) return kept;
  const sealed = Buffer.from(kept.slice(mark.length), "base64");
  const decipher = createDecipheriv(
    "aes-256-gcm",
    keyOf(idempotencyKey, companyId),
    sealed.subarray(0, nonceBytes),
  );
  decipher.setAuthTag(sealed.subarray(-tagBytes));
  return decipher.update(sealed.subarray(nonceBytes, -tagBytes), undefined, "utf8") + decipher.final("utf8");
}

function keyOf(idempotencyKey: string, companyId: string): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", idempotencyKey, companyId, "billai kept answer", 32));
}
