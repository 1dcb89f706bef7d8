// The page: GraphiQL over this server, opened with the examples.

import { GraphiQL } from "graphiql";
import { createRoot } from "react-dom/client";
import "graphiql/style.css";
import "./page.css";
import { session } from "../../sign-in/session";
import { useSession } from "../../sign-in/useSession";
import { examples } from "./examples.js";
import { createFetcher } from "./fetcher.js";
import { SignIn } from "./SignIn.jsx";

globalThis.MonacoEnvironment = {
  getWorker(_id, label) {
    const file = WORKER_FILES[label] ?? WORKER_FILES.editor;
    return new Worker(new URL(file, import.meta.url), { type: "module", name: label });
  },
};

const fetcher = createFetcher(location, session);

function Page() {
  const { status } = useSession();
  return (
    <GraphiQL
      // Read anew by whoever has just signed in: the schema may have been refused before.
      key={status === "signed-in" || status === "expired" ? "in" : "out"}
      defaultEditorToolsVisibility="variables"
      defaultTabs={examples}
      fetcher={fetcher}
      inputValueDeprecation
      schemaDescription
    >
      <GraphiQL.Logo>
        <span className="pickup-logo">Pickup</span>
        <SignIn />
      </GraphiQL.Logo>
    </GraphiQL>
  );
}

createRoot(document.getElementById("graphiql")).render(<Page />);
