import { useMessages } from "../messages/useMessages";

/** In the place of a page of which a component failed. */
export function Broken() {
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
