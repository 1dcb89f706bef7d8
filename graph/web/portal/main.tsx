// The portal's entry: what the page at / runs.

import "./tokens.css";
import "./base.css";
import "./ui/controls.css";
import "./ui/dialog.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./App";

const root = document.getElementById("portal");
if (root)
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
