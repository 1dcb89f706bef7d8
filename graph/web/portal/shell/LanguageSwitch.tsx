import { chooseLanguage, useLanguage, type Language } from "../messages/language";
import { useMessages } from "../messages/useMessages";

const NAMES: readonly (readonly [Language, string, string])[] = [
  ["en", "EN", "English"],
  ["fr", "FR", "Français"],
];

export function LanguageSwitch() {
  const chosen = useLanguage();
  const messages = useMessages();
  return (
    <div className="languages" role="group" aria-label={messages.language}>
      {NAMES.map(([language, short, name]) => (
        <button
          key={language}
          type="button"
          lang={language}
          aria-label={name}
          aria-pressed={language === chosen}
          onClick={() => chooseLanguage(language)}
        >
          {short}
        </button>
      ))}
    </div>
  );
}
