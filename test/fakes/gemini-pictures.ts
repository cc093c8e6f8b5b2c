/** Pictures as Gemini makes them: real ones, of the documented sizes, of one colour. */
import sharp from 'sharp';

const AT_1K: Record<string, [number, number]> = {
  '1:1': [1024, 1024],
  '2:3': [848, 1264],
  '3:2': [1264, 848],
  '3:4': [896, 1200],
  '4:3': [1200, 896],
  '4:5': [928, 1152],
  '5:4': [1152, 928],
  '9:16': [768, 1376],
  '16:9': [1376, 768],
  '21:9': [1584, 672],
  '1:4': [512, 2064],
  '4:1': [2064, 512],
  '1:8': [352, 2928],
  '8:1': [2928, 352],
};
/** What came when no ratio was given: no table has it. */
const WITHOUT_RATIO: [number, number] = [1408, 768];
const SCALES: Record<string, number> = { '512': 0.5, '1K': 1, '2K': 2, '4K': 4 };

export const RATIOS: readonly string[] = Object.keys(AT_1K);
export const IMAGE_SIZES: readonly string[] = Object.keys(SCALES);

export function pictureSize(ratio = '', imageSize = '1K'): { width: number; height: number } {
  const [width, height] = AT_1K[ratio] ?? WITHOUT_RATIO;
  const scale = SCALES[imageSize] ?? 1;
  return { width: width * scale, height: height * scale };
}

const made = new Map<string, Promise<Buffer>>();

/** The 3 line sends JPEG, 2.5 sends PNG. */
export function picture(width: number, height: number, format: 'jpeg' | 'png' = 'jpeg'): Promise<Buffer> {
  const key = `${width}x${height}.${format}`;
  if (!made.has(key)) {
    const plain = sharp({ create: { width, height, channels: 3, background: '#3a7bd5' } });
    made.set(key, plain.toFormat(format).toBuffer());
  }
  return made.get(key)!;
}
