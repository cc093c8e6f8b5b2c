/** Encrypts what is stored and has to be read again, so that a copy of the database alone does not tell it. */
import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto';

export interface SecretBox {
  /** `place`: where it is kept; it opens nowhere else. */
  seal(plain: Buffer, place: string): Buffer;
  /** @throws {SealedElsewhere} when none of our keys is the one; an Error when it was changed. */
  open(sealed: Buffer, place: string): Buffer;
  /** What begins all that can be opened here. */
  readonly keyIds: readonly Buffer[];
}

/** Encrypted with a key that we do not have. */
export class SealedElsewhere extends Error {
  override name = 'SealedElsewhere';
}

const CIPHER = 'aes-256-gcm';
const KEY_ID_BYTES = 4;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * @param keys of 32 bytes; the first seals, all open
 * @param purpose so that one key can serve several: what is sealed for one opens for no other
 */
export function createSecretBox(keys: readonly Buffer[], purpose: string): SecretBox {
  const derived = keys.map((key) => {
    const made = Buffer.from(hkdfSync('sha256', key, '', purpose, 32));
    return { key: made, id: createHash('sha256').update(made).digest().subarray(0, KEY_ID_BYTES) };
  });
  const [first] = derived;
  if (!first) throw new Error('a secret box needs a key');

  return {
    keyIds: derived.map(({ id }) => id),
    seal(plain, place) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(CIPHER, first.key, nonce).setAAD(Buffer.from(place));
      const sealed = Buffer.concat([cipher.update(plain), cipher.final()]);
      return Buffer.concat([first.id, nonce, cipher.getAuthTag(), sealed]);
    },
    open(sealed, place) {
      const known = derived.find(({ id }) => id.equals(sealed.subarray(0, KEY_ID_BYTES)));
      if (!known) throw new SealedElsewhere('it was encrypted with a key that is not here');
      const nonceEnd = KEY_ID_BYTES + NONCE_BYTES;
      const decipher = createDecipheriv(CIPHER, known.key, sealed.subarray(KEY_ID_BYTES, nonceEnd), {
        authTagLength: TAG_BYTES,
      })
        .setAAD(Buffer.from(place))
        .setAuthTag(sealed.subarray(nonceEnd, nonceEnd + TAG_BYTES));
      return Buffer.concat([decipher.update(sealed.subarray(nonceEnd + TAG_BYTES)), decipher.final()]);
    },
  };
}
