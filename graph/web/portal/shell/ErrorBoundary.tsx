import { Component, type ReactNode } from "react";
import { useMessages } from "../messages/useMessages";

/** Shows a way on if a component fails. */
export class ErrorBoundary extends Component<{ readonly children: ReactNode }, { readonly isBroken: boolean }> {
  override state = { isBroken: false };

  static getDerivedStateFromError(): { isBroken: boolean } {
    return { isBroken: true };
  }

  override render(): ReactNode {
    return this.state.isBroken ? <Broken /> : this.props.children;
  }
}

function Broken() {
  const messages = useMessages();
  return (
    <main className="centred" role="alert">
      <h1>{messages.broken}</h1>
      <p>{messages.brokenText}</p>
      <button type="button" className="button primary" onClick={() => location.reload()}>
        {messages.reload}
      </button>
    </main>
  );
}
