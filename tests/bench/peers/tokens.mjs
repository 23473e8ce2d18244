// Proves the same Ed25519 tokens as the service does: once, and keeps the proof by the token's hash.
import { createHash, createPublicKey, verify } from "node:crypto";
import { readFileSync } from "node:fs";

const known = JSON.parse(readFileSync(process.env.BENCH_KEYS, "utf8")).keys;
const keys = new Map(
  known.map((key) => [key.kid, createPublicKey({ key, format: "jwk" })]),
);
const proven = new Map();

function part(text) {
  return JSON.parse(Buffer.from(text, "base64url").toString("utf8"));
}

function prove(token) {
  const [header, claims, signature] = token.split(".");
  const key = keys.get(part(header).kid);
  const signed = Buffer.from(`${header}.${claims}`);
  if (!key || !verify(null, signed, key, Buffer.from(signature, "base64url"))) {
    throw new Error("the token is not ours");
  }
  const { tid, exp } = part(claims);
  return { tenant: tid, until: exp * 1000 };
}

/** The county of an Authorization header. */
export function tenantOf(authorization) {
  const token = authorization?.replace(/^Bearer /, "") ?? "";
  const hash = createHash("sha256").update(token).digest("base64");
  let proof = proven.get(hash);
  if (!proof) {
    proof = prove(token);
    proven.set(hash, proof);
  }
  if (proof.until <= Date.now()) throw new Error("the token has expired");
  return proof.tenant;
}
