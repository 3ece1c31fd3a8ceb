// A Vulkan driver in software, which Debian's chromium carries: WebGPU on a machine without a GPU.
import { existsSync } from "node:fs";

const MANIFEST = "/usr/lib/chromium/vk_swiftshader_icd.json";
const LOADERS = ["/usr/lib/x86_64-linux-gnu/libvulkan.so.1", "/usr/lib/aarch64-linux-gnu/libvulkan.so.1"];

/** What VK_ICD_FILENAMES is set to; null where driver or loader is missing. */
export const SWIFTSHADER: string | null =
  existsSync(MANIFEST) && LOADERS.some((path) => existsSync(path)) ? MANIFEST : null;
/** Why a test is skipped there. */
export const WANTED = "needs Debian's chromium and libvulkan1";
