import { defineConfig } from "vite";

// Relative addresses, so that the page also works below a path of somebody's proxy.
export default defineConfig({
  base: "./",
  build: { target: "es2022", emptyOutDir: true },
});
