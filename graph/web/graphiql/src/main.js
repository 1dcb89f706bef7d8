// The page: GraphiQL over this server, opened with the examples.

import { GraphiQL } from "graphiql";
import { createElement } from "react";
import { createRoot } from "react-dom/client";
import "graphiql/style.css";
import "./page.css";
import { examples } from "./examples.js";
import { createFetcher } from "./fetcher.js";

globalThis.MonacoEnvironment = {
  getWorker(_id, label) {
    const file = WORKER_FILES[label] ?? WORKER_FILES.editor;
    return new Worker(new URL(file, import.meta.url), { type: "module", name: label });
  },
};

const logo = createElement(GraphiQL.Logo, null, createElement("span", { className: "pickup-logo" }, "Pickup"));

createRoot(document.getElementById("graphiql")).render(
  createElement(
    GraphiQL,
    {
      defaultEditorToolsVisibility: "variables",
      defaultTabs: examples,
      fetcher: createFetcher(location),
      inputValueDeprecation: true,
      schemaDescription: true,
    },
    logo,
  ),
);
