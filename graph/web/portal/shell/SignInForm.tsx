import { useEffect, useRef, useState, type SubmitEvent } from "react";
import { FieldError, Input, Label, Text, TextField } from "react-aria-components";
import { session } from "../../sign-in/session";
import { useMessages } from "../messages/useMessages";
import { SignInProblem } from "./SignInProblem";

/** The way to sign in that the server has: the identity provider, or a field for a token. */
export function SignInForm() {
  const messages = useMessages();
  const [token, setToken] = useState("");
  const [isMissing, setMissing] = useState(false);
  const [isRunning, setRunning] = useState(false);
  const takesToken = session.method === "token";
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);

  const submit = async (): Promise<void> => {
    const isEmpty = takesToken && token.trim() === "";
    setMissing(isEmpty);
    if (isEmpty) field.current?.focus();
    if (isEmpty || isRunning) return;
    setRunning(true);
    await session.signIn(takesToken ? token : undefined);
    setRunning(false);
  };

  const submitForm = (event: SubmitEvent): void => {
    event.preventDefault();
    void submit();
  };

  return (
    <form onSubmit={submitForm} noValidate className="sign-in-form">
      {takesToken ? (
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
          <Input ref={field} className="input" />
          <Text slot="description" className="field-hint">
            {messages.tokenHint}
          </Text>
          <FieldError className="violation">{messages.tokenMissing}</FieldError>
        </TextField>
      ) : (
        <p>{messages.signInWithProvider}</p>
      )}
      <SignInProblem />
      <button type="submit" className="button primary" aria-disabled={isRunning}>
        {isRunning ? messages.signingIn : messages.signIn}
      </button>
    </form>
  );
}
