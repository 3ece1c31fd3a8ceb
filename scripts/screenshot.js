// Draws docs/images/page.png: the page with a digit drawn by mouse, and its answer. `node scripts/screenshot.js` beside a
// running `npm start`; needs Chromium (Debian: chromium), and its address where it is not http://127.0.0.1:8080.
import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import sharp from "sharp";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const out = join(root, "docs/images/page.png");
const [url = "http://127.0.0.1:8080"] = process.argv.slice(2);
/** A three, as points of the pad from 0 to 1. */
const STROKE = [
  [0.32, 0.26],
  [0.5, 0.18],
  [0.66, 0.27],
  [0.63, 0.4],
  [0.48, 0.48],
  [0.64, 0.56],
  [0.68, 0.7],
  [0.52, 0.8],
  [0.31, 0.74],
];

const browser = await chromium.launch({
  executablePath: process.env.MODELYARD_CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"],
});
try {
  const page = await browser.newPage({ viewport: { width: 1120, height: 700 } });
  await page.goto(`${url}/#mnist`);
  const pad = await page.locator("canvas").boundingBox();
  for (const [i, [x, y]] of STROKE.entries()) {
    await page.mouse.move(pad.x + x * pad.width, pad.y + y * pad.height, { steps: 6 });
    if (i === 0) await page.mouse.down();
  }
  await page.mouse.up();
  await page.locator(".said").waitFor();
  mkdirSync(dirname(out), { recursive: true });
  const picture = await page.screenshot();
  await sharp(picture).png({ palette: true, colours: 64, compressionLevel: 9 }).toFile(out);
} finally {
  await browser.close();
}
