import "@mantine/core/styles.css";
import "./app/base.css";
import "./app/shell.css";
import "./app/page.css";
import "./app/print.css";
import "./i18n";
import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app/App";
import { againAfterMs, isAskedAgain } from "./app/again";
import { watchDialogKeys } from "./app/keys";
import { SessionProvider } from "./app/session";
import { theme } from "./app/theme";

const client = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      retry: isAskedAgain,
      retryDelay: againAfterMs,
      networkMode: "always",
    },
    mutations: { networkMode: "always" },
  },
});

watchDialogKeys(window);

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root");
createRoot(root).render(
  <StrictMode>
    <MantineProvider theme={theme} defaultColorScheme="dark">
      <QueryClientProvider client={client}>
        <SessionProvider>
          <App />
        </SessionProvider>
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
);

if (import.meta.env.PROD && "serviceWorker" in navigator) {
  void navigator.serviceWorker.register("/sw.js");
}
