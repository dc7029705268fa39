import "@fontsource/atkinson-hyperlegible/400.css";
import "@fontsource/atkinson-hyperlegible/700.css";
import "@fontsource/atkinson-hyperlegible-mono/400.css";
import "@fontsource/atkinson-hyperlegible-mono/700.css";
import { createRoot } from "react-dom/client";

import { App } from "./shell/app.tsx";
import { systemClock } from "./state/clock.ts";
import { modeIn } from "./state/mode.ts";

const root = document.getElementById("root");
if (root !== null && window.countersign !== undefined) {
  createRoot(root).render(
    <App bridge={window.countersign} mode={modeIn(window.location.search)} clock={systemClock} />,
  );
}
