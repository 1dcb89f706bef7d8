import { useMemo } from "react";
import { I18nProvider } from "react-aria-components";
import { Provider } from "urql";
import { useSession } from "../sign-in/useSession";
import { createClient } from "./api/client";
import { locale, useLanguage } from "./messages/language";
import { Portal } from "./Portal";
import { ErrorBoundary } from "./shell/ErrorBoundary";
import { SignInDialog } from "./shell/SignInDialog";
import { SignInPage } from "./shell/SignInPage";
import { Announcer } from "./ui/Announcer";

export function App() {
  useLanguage();
  const { status } = useSession();
  const isSignedOut = status === "signed-out";
  // Another person does not see what the last one has loaded.
  const client = useMemo(() => (isSignedOut ? null : createClient()), [isSignedOut]);
  return (
    <I18nProvider locale={locale()}>
      <ErrorBoundary>
        <Announcer>
          {!client || status === "starting" ? (
            <SignInPage />
          ) : (
            <Provider value={client}>
              <Portal />
              {status === "expired" && <SignInDialog />}
            </Provider>
          )}
        </Announcer>
      </ErrorBoundary>
    </I18nProvider>
  );
}
