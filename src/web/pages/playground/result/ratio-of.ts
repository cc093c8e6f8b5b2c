/** Width by height of an output, or of a ratio as one asks for it; undefined where neither says. */
export function ratioOf(of: unknown): number | undefined {
  if (typeof of === 'string') {
    const [width, height] = of.split(':').map(Number);
    return width && height ? width / height : undefined;
  }
  if (typeof of !== 'object' || of === null) return undefined;
  const { width, height } = of as { width?: number | null; height?: number | null };
  return width && height ? width / height : undefined;
}
