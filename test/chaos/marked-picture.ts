/** Pictures that show a number: which call of the upstream an output was made by can be read from its pixels. */
import sharp from 'sharp';

const COLUMNS = 6;
const ROWS = 4;

/** JPEG, with the 24 bits of `number` as black and white fields. */
export async function drawMark(number: number, width: number, height: number): Promise<Buffer> {
  const fields = Buffer.from(
    Array.from({ length: COLUMNS * ROWS }, (_, bit) => ((number >> bit) & 1 ? 235 : 20)),
  );
  return sharp(fields, { raw: { width: COLUMNS, height: ROWS, channels: 1 } })
    .resize(width, height, { fit: 'fill', kernel: 'nearest' })
    .jpeg()
    .toBuffer();
}

/** Reads it in any format and size. @throws when it is no picture, or shows something else. */
export async function readMark(picture: Buffer): Promise<number> {
  const { data, info } = await sharp(picture).greyscale().raw().toBuffer({ resolveWithObject: true });
  let number = 0;
  for (let bit = 0; bit < COLUMNS * ROWS; bit++) {
    // In the middle of its field, where no format has blurred it.
    const x = Math.floor((((bit % COLUMNS) + 0.5) / COLUMNS) * info.width);
    const y = Math.floor(((Math.floor(bit / COLUMNS) + 0.5) / ROWS) * info.height);
    const brightness = data[y * info.width + x]!;
    if (brightness > 60 && brightness < 195)
      throw new Error(`a field of the picture is neither black nor white: ${brightness}`);
    if (brightness > 128) number |= 1 << bit;
  }
  return number;
}
