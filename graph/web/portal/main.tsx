// The portal's entry: what the page at / runs.

import "./main.css";
import { createRoot } from "react-dom/client";

const root = document.getElementById("portal");
if (root) createRoot(root).render(<main>Pickup</main>);
