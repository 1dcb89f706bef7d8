import { useState, type SubmitEvent } from "react";
import { FieldError, Input, Label, Text, TextField } from "react-aria-components";
import { session } from "../../sign-in/session";
import { useMessages } from "../messages/useMessages";

/** The way to sign in that the server has: the identity provider, or a field for a token. */
export function SignInForm() {
  const messages = useMessages();
  const [token, setToken] = useState("");
  const [isMissing, setMissing] = useState(false);
  if (session.method === "provider") {
    return (
      <>
        <p>{messages.signInWithProvider}</p>
        <button type="button" className="button primary" onClick={() => void session.signIn()}>
          {messages.signIn}
        </button>
      </>
    );
  }
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const text = token.trim();
    setMissing(text === "");
    if (text !== "") void session.signIn(text);
  };
  return (
    <form onSubmit={submit} noValidate className="sign-in-form">
      <TextField
        className="field"
        type="password"
        autoComplete="off"
        value={token}
        onChange={setToken}
        isInvalid={isMissing}
        isRequired
      >
        <Label>{messages.token}</Label>
        <Input className="input" />
        <Text slot="description" className="field-hint">
          {messages.tokenHint}
        </Text>
        <FieldError className="violation">{messages.tokenMissing}</FieldError>
      </TextField>
      <button type="submit" className="button primary">
        {messages.signIn}
      </button>
    </form>
  );
}
