/** Signatures by the Standard Webhooks specification (version 1.0.0, symmetric). */
import { createHmac, randomBytes } from 'node:crypto';

const PREFIX = 'whsec_';
/** The specification asks for 24 to 64. */
const SECRET_BYTES = 32;

export const newSecret = (): Buffer => randomBytes(SECRET_BYTES);

/** A secret as receivers are given it. */
export const writeSecret = (secret: Buffer): string => PREFIX + secret.toString('base64');

export interface SignatureHeaders {
  'webhook-id': string;
  'webhook-timestamp': string;
  'webhook-signature': string;
}

/**
 * One signature for each of `secrets`, so that a receiver who knows any of them can verify it.
 * @param id the same for every attempt; without a full stop, which separates what is signed
 * @param atMs the time of the attempt, which receivers hold against their clock
 */
export function sign(secrets: readonly Buffer[], id: string, atMs: number, body: string): SignatureHeaders {
  const timestamp = String(Math.floor(atMs / 1000));
  const signatures = secrets.map(
    (secret) => `v1,${createHmac('sha256', secret).update(`${id}.${timestamp}.${body}`).digest('base64')}`,
  );
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': signatures.join(' '),
  };
}
