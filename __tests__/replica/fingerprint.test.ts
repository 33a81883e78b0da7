import fc from 'fast-check';
import { fingerprinter } from '../../lib/stores/replica/fingerprint.js';

/** The published test vectors of HalfSipHash-2-4 with 64 bits of output: key 00 to 07, input 00, 00 01, 00 01 02... */
const VECTORS = ['218d1f59b9b83cc8', 'be552412f8387315', '064f39ef7c50eb57', 'ce0f1a45f7060679'];

describe('A fingerprint', () => {
  it.each(VECTORS.map((expected, length) => ({ expected, length })))('is HalfSipHash: $length bytes give $expected', ({ expected, length }) => {
    const fingerprint = fingerprinter(Buffer.from([0, 1, 2, 3, 4, 5, 6, 7]));
    const { high, low } = fingerprint(String.fromCharCode(...Array.from({ length }, (_, i) => i)));
    const bytes = Buffer.alloc(8);
    bytes.writeInt32LE(low, 0);
    bytes.writeInt32LE(high, 4);
    expect(bytes.toString('hex')).toBe(expected);
  });

  it('is the same for the same text, and another under another key', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary-ascii' }), text => {
      const fingerprint = fingerprinter(Buffer.from('12345678'));
      expect(fingerprint(text)).toEqual(fingerprint(text));
      expect(fingerprint(text)).not.toEqual(fingerprinter(Buffer.from('12345679'))(text));
    }));
  });
});
