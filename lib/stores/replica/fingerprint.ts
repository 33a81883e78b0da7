import { randomBytes } from 'node:crypto';

/** The two halves of a 64-bit fingerprint, as signed 32-bit integers: those the engine keeps in the object itself. */
export interface Fingerprint {
  readonly high: number;
  readonly low: number;
}

/**
 * Makes 64-bit fingerprints of target keys: HalfSipHash-2-4 (Aumasson and Bernstein, 2012) with its 64-bit output, under a key
 * that this process has drawn. Whoever does not know the key cannot make two ids collide, however many he may choose.
 *
 * Two keys that collide would let the revocation of one refuse the other. Among n live revocations a check of t targets meets
 * one by chance with probability n * t / 2^64: at a million revocations and ten targets, once in a million million checks.
 */
export function fingerprinter(key = randomBytes(8)): (text: string) => Fingerprint {
  const k0 = key.readInt32LE(0);
  const k1 = key.readInt32LE(4);
  return text => halfSipHash(text, k0, k1);
}

/** `text` is ASCII; four characters make a word. Written out in one loop over local variables: a closure a round is 5 times slower. */
function halfSipHash(text: string, k0: number, k1: number): Fingerprint {
  let v0 = k0;
  let v1 = k1 ^ 0xee;
  let v2 = 0x6c796765 ^ k0;
  let v3 = 0x74656462 ^ k1;
  let low = 0;
  const words = text.length >>> 2;
  // The words of the text, the last one with the length in it, then two finalisations for the two halves.
  for (let i = 0; i <= words + 2; i++) {
    const word = i < words ? wholeWord(text, i * 4) : i === words ? lastWord(text, i * 4) : 0;
    if (i === words + 1) v2 ^= 0xee;
    if (i === words + 2) v1 ^= 0xdd;
    v3 ^= word;
    for (let rounds = i > words ? 4 : 2; rounds > 0; rounds--) {
      v0 = (v0 + v1) | 0;
      v2 = (v2 + v3) | 0;
      v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
      v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
      v0 = ((v0 << 16) | (v0 >>> 16)) + v3 | 0;
      v2 = (v2 + v1) | 0;
      v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
      v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
      v2 = (v2 << 16) | (v2 >>> 16);
    }
    v0 ^= word;
    if (i === words + 1) low = v1 ^ v3;
  }
  return { high: v1 ^ v3, low };
}

function wholeWord(text: string, at: number): number {
  return text.charCodeAt(at) | (text.charCodeAt(at + 1) << 8) | (text.charCodeAt(at + 2) << 16) | (text.charCodeAt(at + 3) << 24);
}

function lastWord(text: string, at: number): number {
  let word = text.length << 24;
  for (let i = at; i < text.length; i++) word |= text.charCodeAt(i) << (8 * (i - at));
  return word;
}
