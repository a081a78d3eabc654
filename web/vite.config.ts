import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const server = process.env.SHOUHU_SERVER ?? "http://localhost:8470";

export default defineConfig({
  plugins: [react()],
  build: { target: "es2022", chunkSizeWarningLimit: 1300 },
  worker: { format: "es" },
  server: { port: 5173, proxy: { "/v1": server } },
  preview: { port: 4173, proxy: { "/v1": server } },
  test: { environment: "node", include: ["src/**/*.test.ts"] },
});
