import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const server = process.env.SHOUHU_SERVER ?? "http://localhost:8470";

export default defineConfig({
  plugins: [react()],
  build: {
    target: "es2022",
    chunkSizeWarningLimit: 1300,
    // The caller's page is one of its own: it must open within a moment on a bad line.
    rolldownOptions: { input: ["index.html", "c/index.html"] },
  },
  worker: { format: "es" },
  server: { port: 5173, proxy: { "/v1": server } },
  preview: { port: 4173, proxy: { "/v1": server } },
  test: { environment: "node", include: ["src/**/*.test.ts"] },
});
