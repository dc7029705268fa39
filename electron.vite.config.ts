import react from "@vitejs/plugin-react";
import { defineConfig } from "electron-vite";
import path from "node:path";

const from = (file: string) => path.join(import.meta.dirname, file);

/** `--mode package` is the build that people install, in a folder of its own: no gallery of screens, no source maps. */
export default defineConfig(({ mode }) => {
  const isPackage = mode === "package";
  const out = from(isPackage ? "dist/app" : "out");
  return {
    main: {
      build: {
        outDir: path.join(out, "main"),
        minify: true,
        externalizeDeps: false,
        sourcemap: !isPackage,
        rolldownOptions: {
          // Processes are files of their own: main starts them and never loads them.
          input: {
            main: from("electron/main.ts"),
            "token-process": from("electron/keys/token-process.ts"),
            "verify-process": from("electron/records/verify-process.ts"),
          },
          external: ["electron", "koffi"],
          output: { format: "es", entryFileNames: "[name].js", chunkFileNames: "[name]-[hash].js" },
        },
      },
    },
    preload: {
      build: {
        outDir: path.join(out, "preload"),
        externalizeDeps: false,
        sourcemap: !isPackage,
        rolldownOptions: {
          input: { preload: from("electron/preload.ts") },
          external: ["electron"],
          // SECURITY: a sandboxed preload script is one CommonJS file; it cannot load another.
          output: { format: "cjs", entryFileNames: "[name].cjs", codeSplitting: false },
        },
      },
    },
    renderer: {
      root: from("renderer"),
      plugins: [react()],
      build: {
        outDir: path.join(out, "renderer"),
        sourcemap: !isPackage,
        minify: true,
        // SECURITY: no data: URLs for fonts or scripts, so the content security policy needs no exception for them.
        assetsInlineLimit: 0,
        modulePreload: { polyfill: false },
        rolldownOptions: {
          input: {
            index: from("renderer/index.html"),
            ...(isPackage ? {} : { gallery: from("renderer/gallery.html") }),
          },
        },
      },
    },
  };
});
