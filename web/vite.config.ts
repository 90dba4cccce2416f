import { defineConfig } from "vite";

// Relative paths: the page works from any folder of any server, and from a bucket.
// `npm run dev` serves the results of QUIETWAY_RESULTS beside the sources.
export default defineConfig(({ command }) => ({
  base: "./",
  publicDir: command === "serve" ? (process.env.QUIETWAY_RESULTS ?? false) : false,
  build: {
    outDir: "dist/page",
    assetsDir: "map/assets",
    emptyOutDir: true,
    target: "es2022",
    license: { fileName: "map/licences.md" },
    // One script: MapLibre is most of it and needed at once.
    chunkSizeWarningLimit: 1500,
  },
  test: { include: ["src/**/*.test.ts"] },
}));
