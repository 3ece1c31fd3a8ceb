// Draws a line of text as a picture: `node scripts/draw-line.js "Grüner Tee aus Malmö" out.png`. Needs a font of the system
// (Debian: fonts-dejavu-core); made examples/models/read-text/line.png.
import sharp from "sharp";

const [text, out] = process.argv.slice(2);
const line = sharp({ text: { text, font: "DejaVu Serif 40", dpi: 96, rgba: false } });
const { data, info } = await line.png().toBuffer({ resolveWithObject: true });
const MARGIN = 16;
await sharp({
  create: {
    width: info.width + 2 * MARGIN,
    height: info.height + 2 * MARGIN,
    channels: 3,
    background: "#fbf9f4",
  },
})
  .composite([
    {
      input: await sharp(data).negate({ alpha: false }).png().toBuffer(),
      left: MARGIN,
      top: MARGIN,
      blend: "multiply",
    },
  ])
  .png({ compressionLevel: 9 })
  .toFile(out);
