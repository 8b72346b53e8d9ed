/** The 32 bytes at `start`, zero-padded past the end. */
export function wordAt(bytes: Uint8Array, start: number): bigint {
  if (start + 32 <= bytes.length) {
    const view = new DataView(bytes.buffer, bytes.byteOffset + start, 32)
    const [a, b, c, d] = [
      view.getBigUint64(0),
      view.getBigUint64(8),
      view.getBigUint64(16),
      view.getBigUint64(24),
    ]
    return (a << 192n) | (b << 128n) | (c << 64n) | d
  }
  let value = 0n
  for (let i = 0; i < 32; i++) value = (value << 8n) | BigInt(bytes[start + i] ?? 0)
  return value
}
