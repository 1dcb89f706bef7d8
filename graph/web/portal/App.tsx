import { useMemo, useState } from "react";
import { I18nProvider } from "react-aria-components";
import { Provider } from "urql";
import { subjectOf } from "../sign-in/subject";
import { useSession } from "../sign-in/useSession";
import { createClient } from "./api/client";
import { locale, useLanguage } from "./messages/language";
import { Portal } from "./Portal";
import { ErrorBoundary } from "./shell/ErrorBoundary";
import { ReloadDialog } from "./shell/ReloadDialog";
import { SignInDialog } from "./shell/SignInDialog";
import { SignInPage } from "./shell/SignInPage";
import { Announcer } from "./ui/Announcer";

export function App() {
  useLanguage();
  const { status, token } = useSession();
  const isSignedOut = status === "signed-out";
  // While a sign-in has expired the page is still that of the person who was signed in.
  const [person, setPerson] = useState<string | null>(null);
  const subject = token === null ? person : subjectOf(token);
  if (subject !== person) setPerson(subject);
  const [wasSignedOut, setWasSignedOut] = useState(false);
  if (isSignedOut && !wasSignedOut) setWasSignedOut(true);
  // Another person does not see what the last one has loaded.
  // eslint-disable-next-line react-hooks/exhaustive-deps -- A new client for each person.
  const client = useMemo(() => (isSignedOut ? null : createClient()), [isSignedOut, subject]);
  return (
    <I18nProvider locale={locale()}>
      <ErrorBoundary>
        <Announcer>
          {!client || status === "starting" ? (
            <SignInPage />
          ) : (
            <Provider value={client}>
              <Portal takesFocus={wasSignedOut} />
              {(status === "expired" || status === "changing") && <SignInDialog isChange={status === "changing"} />}
              {status === "closed" && <ReloadDialog />}
            </Provider>
          )}
        </Announcer>
      </ErrorBoundary>
    </I18nProvider>
  );
}
