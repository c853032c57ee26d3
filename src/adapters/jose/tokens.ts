// By their own names: as a whole the package takes a start twice as long to load.
import type { CryptoKey, JWK } from "jose";
import { JOSEError, JWKSNoMatchingKey } from "jose/errors";
import { SignJWT } from "jose/jwt/sign";
import { jwtVerify } from "jose/jwt/verify";
import { exportJWK } from "jose/key/export";
import { generateKeyPair } from "jose/key/generate/keypair";
import { importJWK } from "jose/key/import";
import type { Realm } from "../../auth/realm.ts";
import { assert } from "../../errors.ts";
import type { SigningKey } from "../../ports/auth_store.ts";
import type { RandomBytes } from "../../ports/random.ts";
import type { AccessClaims, Tokens } from "../../ports/tokens.ts";
import type { Instant } from "../../time/instant.ts";

const algorithm = "EdDSA";
const tokenType = "at+jwt";

interface LoadedKey {
  readonly id: string;
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
  readonly publicJwk: JWK;
}

/** A fresh Ed25519 key for a realm. */
export async function newSigningKey(realm: string, now: Instant, random: RandomBytes): Promise<SigningKey> {
  const { privateKey } = await generateKeyPair(algorithm, { crv: "Ed25519", extractable: true });
  const id = Buffer.from(random(12)).toString("base64url");
  return { realm, id, secret: JSON.stringify(await exportJWK(privateKey)), createdAt: now };
}

/** JSON Web Tokens of one realm: signed with the first key, verified with any of them. */
export async function openJoseTokens(realm: Realm, signingKeys: readonly SigningKey[]): Promise<Tokens> {
  const keys = await Promise.all(signingKeys.map(loadKey));
  const [current] = keys;
  assert(current !== undefined, "a realm has a signing key");
  const byId = new Map(keys.map((key) => [key.id, key.publicKey]));
  const expected = {
    issuer: realm.issuer,
    audience: realm.audience,
    algorithms: [algorithm],
    typ: tokenType,
  };
  return {
    sign: (claims, now) =>
      new SignJWT({ company: claims.companyId, sid: claims.sessionId })
        .setProtectedHeader({ alg: algorithm, kid: current.id, typ: tokenType })
        .setIssuer(realm.issuer)
        .setAudience(realm.audience)
        .setSubject(claims.userId)
        .setIssuedAt(Math.floor(now / 1000))
        .setExpirationTime(Math.floor(claims.expiresAt / 1000))
        .sign(current.privateKey),
    async verify(token, now) {
      try {
        const { payload } = await jwtVerify(token, (header) => knownKey(byId, header.kid), {
          ...expected,
          currentDate: new Date(now),
        });
        return readClaims(payload);
      } catch (error) {
        if (error instanceof JOSEError) return null;
        throw error;
      }
    },
    publicKeys: () => ({ keys: keys.map((key) => ({ ...key.publicJwk })) }),
  };
}

function knownKey(keys: ReadonlyMap<string, CryptoKey>, id: string | undefined): CryptoKey {
  const key = keys.get(id ?? "");
  if (key === undefined) throw new JWKSNoMatchingKey();
  return key;
}

function readClaims(payload: Readonly<Record<string, unknown>>): AccessClaims | null {
  const { sub, company, sid, exp } = payload;
  if (typeof sub !== "string" || typeof company !== "string" || typeof sid !== "string") return null;
  if (typeof exp !== "number") return null;
  return { userId: sub, companyId: company, sessionId: sid, expiresAt: exp * 1000 };
}

async function loadKey({ id, secret }: SigningKey): Promise<LoadedKey> {
  const whole = JSON.parse(secret) as JWK;
  const { d: _, ...open } = whole;
  const [privateKey, publicKey] = await Promise.all([
    importJWK(whole, algorithm),
    importJWK(open, algorithm),
  ]);
  assert(
    !(privateKey instanceof Uint8Array) && !(publicKey instanceof Uint8Array),
    "an Ed25519 key is no secret",
  );
  return { id, privateKey, publicKey, publicJwk: { ...open, kid: id, use: "sig", alg: algorithm } };
}
