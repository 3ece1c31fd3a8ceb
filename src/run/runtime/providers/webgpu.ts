import { delimiter, join } from "node:path";
import { acceleratorOptions } from "./accelerator.ts";
import { type Here, hasLibrary } from "./here.ts";
import type { Need, Provider } from "./provider.ts";

const onLinux = ({ system }: Here) => system.startsWith("linux-");

const LOADER: Need = {
  what: "the Vulkan loader (libvulkan.so.1)",
  remedy: "Install the Vulkan loader (Debian and Ubuntu: libvulkan1; Fedora: vulkan-loader).",
  strict: false,
  isThere: (here) => !onLinux(here) || hasLibrary(here, "libvulkan.so.1"),
};

const DRIVER: Need = {
  what: "a Vulkan driver (no manifest in vulkan/icd.d, and none named by VK_DRIVER_FILES or VK_ICD_FILENAMES)",
  remedy:
    "Install the graphics card's own driver, or Mesa's (Debian: mesa-vulkan-drivers); in a container, give it the device and the driver's files (NVIDIA: NVIDIA_DRIVER_CAPABILITIES=all). A driver that lies elsewhere is named with VK_DRIVER_FILES.",
  strict: false,
  isThere: (here) => !onLinux(here) || manifests(here).length > 0,
};

export const WEBGPU: Provider = {
  id: "webgpu",
  title: "Graphics processor through WebGPU (Vulkan, Direct3D 12 or Metal)",
  runtimeName: "WebGpuExecutionProvider",
  systems: ["linux-x64", "win32-x64", "win32-arm64", "darwin-arm64"],
  capabilities: {
    threads: false,
    deviceMemory: true,
    // Two threads that load or run at once end the process (1.30: SIGSEGV, or a load that fails with std::bad_alloc).
    takesTurns: true,
    cannot: [
      "64-bit floats, trees and texts run on the processor",
      "half floats need a driver with shader-f16",
    ],
  },
  needs: [LOADER, DRIVER],
  remedy:
    "A driver is there and gives no device: `vulkaninfo --summary` (Debian: vulkan-tools) shows what it says, and in a container the device files (/dev/dri, /dev/nvidia*) must be given to it.",
  identity: (here) =>
    onLinux(here)
      ? [...manifests(here), here.read("/proc/driver/nvidia/version") ?? "", ...cards(here)]
      : [here.system],
  runtimeOptions: acceleratorOptions({ name: "webgpu" }),
};

/** Manifests of Vulkan's drivers, in the loader's order (Vulkan-Loader, LoaderDriverInterface.md, "Linux Driver Discovery"). */
function manifests(here: Here): string[] {
  const { VK_DRIVER_FILES, VK_ICD_FILENAMES, HOME, XDG_DATA_HOME, XDG_CONFIG_HOME } = here.env;
  const named = VK_DRIVER_FILES || VK_ICD_FILENAMES;
  if (named) return named.split(delimiter).filter((path) => path !== "" && here.exists(path));
  const roots = [
    XDG_CONFIG_HOME || (HOME && join(HOME, ".config")),
    "/etc/xdg",
    "/usr/local/etc",
    "/etc",
    XDG_DATA_HOME || (HOME && join(HOME, ".local/share")),
    "/usr/local/share",
    "/usr/share",
  ];
  return roots.flatMap((root) => {
    if (!root) return [];
    const folder = join(root, "vulkan/icd.d");
    return here
      .list(folder)
      .filter((name) => name.endsWith(".json"))
      .map((name) => join(folder, name));
  });
}

/** Maker and model of each graphics card, as the kernel tells them. */
function cards(here: Here): string[] {
  const root = "/sys/class/drm";
  return here
    .list(root)
    .filter((name) => /^card\d+$/.test(name))
    .map((name) => ["vendor", "device"].map((part) => here.read(join(root, name, "device", part))).join(" "));
}
