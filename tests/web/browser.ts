// A real browser, and the page as `npm start` serves it.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { onTestFinished, type TestContext } from "vitest";
import { emptyFolder, ROOT, serve, untilReady } from "../cli/modelyard.ts";

const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
/** What the browser hears in place of a microphone. */
export const SPEECH = join(ROOT, "examples/models/voice-activity/speech.wav");

/** Milliseconds for what the browser does: on a machine that does much else many times what it takes alone. */
const PATIENCE = 120_000;

let browser: Promise<Browser> | null = null;

/** Starts the browser once for a file of tests; skips where there is none. */
async function openBrowser(context: Pick<TestContext, "skip">): Promise<Browser> {
  const executablePath = [process.env.MODELYARD_CHROMIUM ?? "", ...PLACES].find((path) => existsSync(path));
  if (executablePath === undefined) return context.skip("needs Chromium (Debian: apt install chromium)");
  browser ??= chromium.launch({
    executablePath,
    timeout: PATIENCE,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--use-fake-ui-for-media-stream",
      "--use-fake-device-for-media-stream",
      `--use-file-for-fake-audio-capture=${SPEECH}`,
    ],
  });
  return browser;
}

export async function closeBrowser(): Promise<void> {
  await (await browser)?.close();
  browser = null;
}

export interface Shown {
  readonly page: Page;
  readonly url: string;
  /** What the page wrote to the console as errors, and what it threw. */
  readonly complaints: string[];
}

/**
 * Serves a folder of models and opens its page on one of them, once that is ready.
 * @param args of `serve`
 */
export async function openPage(
  context: Pick<TestContext, "skip">,
  model: string,
  {
    folder = "examples/models",
    args = [] as string[],
    permissions = [] as string[],
    key = undefined as string | undefined,
  } = {},
): Promise<Shown> {
  const opened = await openBrowser(context);
  const server = await serve(
    folder,
    ["--data", emptyFolder(), ...args],
    key ? { MODELYARD_API_KEY: key } : {},
  );
  await untilReady(server.url, model, key);
  const tab = await opened.newContext({ permissions });
  tab.setDefaultTimeout(PATIENCE);
  onTestFinished(() => tab.close());
  const page = await tab.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(error.message));
  // Nothing may be asked of any other machine.
  page.on("request", (request) => {
    const address = request.url();
    if (/^https?:/.test(address) && !address.startsWith(server.url)) complaints.push(`asked ${address}`);
  });
  await page.goto(`${server.url}/#${encodeURIComponent(model)}`);
  return { page, url: server.url, complaints };
}
