import { describe, expect, test } from "vitest";
import { type Here, hasLibrary } from "../../src/run/runtime/providers/here.ts";
import { lackingOf, lacksAny, remediesOf } from "../../src/run/runtime/providers/lacking.ts";
import { DEVICES, PROVIDERS, pickProvider } from "../../src/run/runtime/providers/table.ts";

const BINARIES = "/app/node_modules/onnxruntime-node/bin";
const BINDING = `${BINARIES}/onnxruntime_binding.node`;

/** A machine on which just these files lie. */
function machine(
  system: string,
  files: readonly string[],
  { env = {}, texts = {} }: { env?: Here["env"]; texts?: Readonly<Record<string, string>> } = {},
): Here {
  const all = [BINDING, ...files, ...Object.keys(texts)];
  return {
    system,
    env,
    binaries: BINARIES,
    exists: (path) => all.includes(path),
    list: (folder) =>
      all.filter((path) => path.startsWith(`${folder}/`)).map((path) => path.slice(folder.length + 1)),
    read: (path) => texts[path] ?? null,
  };
}

const lacks = (device: string, here: Here) => lackingOf(pickProvider(device), here);

test("whether anything is lacking is known with the first that is", () => {
  const asked: string[] = [];
  const listening = (here: Here): Here => ({
    ...here,
    exists(path) {
      asked.push(path);
      return here.exists(path);
    },
  });
  for (const system of ["linux-x64", "win32-x64", "darwin-arm64", "linux-s390x"])
    for (const files of [[], ["/usr/lib/libvulkan.so.1"], ["/usr/lib/libcuda.so.1"]])
      for (const provider of PROVIDERS) {
        const here = machine(system, files);
        expect(lacksAny(provider, here), `${provider.id} ${system}`).toBe(
          lackingOf(provider, here).length > 0,
        );
      }
  const bare = listening(machine("linux-x64", []));
  expect(lacksAny(pickProvider("cuda"), bare)).toBe(true);
  // The binding, and the provider's own library: none of the nine that it is linked with.
  expect(asked).toHaveLength(2);
});

test("every device has a row with all that a person must know, and its own name", () => {
  expect(DEVICES).toEqual(["auto", "cpu", "cuda", "coreml", "directml", "webgpu"]);
  expect(new Set(PROVIDERS.map(({ runtimeName }) => runtimeName)).size).toBe(PROVIDERS.length);
  for (const { id, systems, capabilities, remedy } of PROVIDERS) {
    expect(systems.length, id).toBeGreaterThan(0);
    if (!capabilities.deviceMemory) continue;
    expect(capabilities.cannot.length, id).toBeGreaterThan(0);
    expect(remedy, id).toMatch(/\w/);
  }
});

test.each([
  ["cpu", ["linux-x64", "linux-arm64", "darwin-arm64", "win32-x64"], []],
  ["coreml", ["darwin-arm64"], ["linux-x64", "win32-x64"]],
  ["directml", ["win32-x64", "win32-arm64"], ["linux-x64", "darwin-arm64"]],
  ["webgpu", ["darwin-arm64", "win32-x64"], ["linux-arm64"]],
])("%s is there by the system", (device, there, not) => {
  for (const system of there) expect(lacks(device, machine(system, [])), system).toEqual([]);
  for (const system of not) {
    expect(lacks(device, machine(system, [])), system).toMatchObject([
      { what: `the runtime has no ${device} for ${system}`, strict: true },
    ]);
  }
});

test("a runtime without files for the system is told as such, for each device", () => {
  const here = { ...machine("linux-x64", []), exists: () => false };
  for (const { id } of PROVIDERS) {
    expect(lacks(id, here)).toMatchObject([{ what: expect.stringContaining("no files for linux-x64") }]);
  }
});

describe("WebGPU on Linux", () => {
  const LOADER = "/usr/local/lib/libvulkan.so.1";
  const MANIFEST = "/usr/share/vulkan/icd.d/nvidia_icd.json";

  test("lacks loader and driver, each with what to install, and neither for sure", () => {
    const found = lacks("webgpu", machine("linux-x64", []));
    expect(found).toMatchObject([
      { what: expect.stringContaining("libvulkan.so.1"), remedy: expect.stringContaining("libvulkan1") },
      { what: expect.stringContaining("driver"), remedy: expect.stringContaining("mesa-vulkan-drivers") },
    ]);
    expect(found.some(({ strict }) => strict)).toBe(false);
    expect(remediesOf([...found, ...found]).match(/libvulkan1/g)).toHaveLength(1);
  });

  test.each([
    ["the system's folders", machine("linux-x64", [LOADER, MANIFEST])],
    [
      "the loader's cache",
      machine("linux-x64", [MANIFEST, "/opt/x/libvulkan.so.1"], {
        texts: { "/etc/ld.so.cache": "/opt/x/liba.so\0/opt/x/libvulkan.so.1\0" },
      }),
    ],
    [
      "LD_LIBRARY_PATH",
      machine("linux-x64", ["/opt/v/libvulkan.so.1", MANIFEST], { env: { LD_LIBRARY_PATH: ":/opt/v" } }),
    ],
    [
      "VK_ICD_FILENAMES",
      machine("linux-x64", [LOADER, "/opt/driver.json"], { env: { VK_ICD_FILENAMES: "/opt/driver.json" } }),
    ],
  ])("is found by %s", (_, here) => {
    expect(lacks("webgpu", here)).toEqual([]);
  });

  test("a library that was removed is missing, though the loader's cache still names it", () => {
    const texts = { "/etc/ld.so.cache": "/lib/x86_64-linux-gnu/libvulkan.so.1\0" };
    expect(lacks("webgpu", machine("linux-x64", [MANIFEST], { texts }))).toMatchObject([
      { what: "the Vulkan loader (libvulkan.so.1) is missing" },
    ]);
  });

  test("a driver that is named and not there hides those of the system, as the loader has it", () => {
    const here = machine("linux-x64", [LOADER, MANIFEST], { env: { VK_DRIVER_FILES: "/nowhere.json" } });
    expect(lacks("webgpu", here)).toHaveLength(1);
  });

  test("another driver, or another card, is another device", () => {
    const { identity } = pickProvider("webgpu");
    const one = machine("linux-x64", [MANIFEST]);
    const card = {
      "/sys/class/drm/card0/device/vendor": "0x10de",
      "/sys/class/drm/card0/device/device": "0x1",
    };
    const other = { ...machine("linux-x64", [MANIFEST], { texts: card }) };
    const withCards = {
      ...other,
      list: (folder: string) => (folder.endsWith("drm") ? ["card0", "card0-DP-1"] : one.list(folder)),
    };
    expect(identity(withCards)).toContain("0x10de 0x1");
    expect(identity(one)).not.toEqual(identity(machine("linux-x64", [])));
    const updated = machine("linux-x64", [MANIFEST], { texts: { "/proc/driver/nvidia/version": "580" } });
    expect(identity(one)).not.toEqual(identity(updated));
  });
});

describe("CUDA", () => {
  const PLUGIN = `${BINARIES}/libonnxruntime_providers_cuda.so`;
  const LIBRARIES = [
    ...["libcuda.so.1", "libcudart.so.12", "libcublas.so.12", "libcublasLt.so.12", "libcurand.so.10"],
    ...["libcufft.so.11", "libcudnn.so.9"],
  ].map((name) => `/usr/lib/${name}`);

  test("without the runtime's part for it nothing is tried; all that lacks is said at once", () => {
    const found = lacks("cuda", machine("linux-x64", []));
    expect(found.length).toBe(1 + LIBRARIES.length);
    expect(found[0]).toMatchObject({ strict: true, remedy: expect.stringContaining("install.js") });
  });

  test("with it, a library that is not found may still be", () => {
    expect(lacks("cuda", machine("linux-x64", [PLUGIN, ...LIBRARIES]))).toEqual([]);
    const [, ...others] = LIBRARIES;
    const found = lacks("cuda", machine("linux-x64", [PLUGIN, ...others]));
    expect(found).toMatchObject([{ what: "NVIDIA's driver (libcuda.so.1) is missing", strict: false }]);
  });
});

test("a library's name is not found within a longer one", () => {
  const texts = { "/etc/ld.so.cache": "libcuda.so.1.1\0" };
  expect(hasLibrary(machine("linux-x64", [], { texts }), "libcuda.so.1")).toBe(false);
});
