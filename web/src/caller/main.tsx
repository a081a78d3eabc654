import "./caller.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { CallerApp } from "./CallerApp";
import { tokenOf } from "./rules";

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root");

function draw() {
  if (!root) return;
  const token = tokenOf(window.location.hash);
  current?.unmount();
  current = createRoot(root);
  current.render(
    <StrictMode>
      <CallerApp token={token} />
    </StrictMode>,
  );
}

let current: ReturnType<typeof createRoot> | null = null;
// Another link opened in the same tab changes nothing but what stands behind `#`.
window.addEventListener("hashchange", draw);
draw();
