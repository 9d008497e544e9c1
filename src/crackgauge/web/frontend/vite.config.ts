import { defineConfig } from "vite";

// The server allows no inline code and nothing from elsewhere: every file is a file of its own.
export default defineConfig({
  base: "/",
  build: {
    outDir: "../page",
    emptyOutDir: true,
    // Of what is bundled; goes into the wheel beside it.
    license: { fileName: "licences.md" },
    assetsInlineLimit: 0,
    modulePreload: false,
    target: "es2022",
    cssTarget: ["chrome123", "firefox120", "safari17.5"],
  },
});
