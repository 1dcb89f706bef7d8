import { chooseLanguage, useLanguage, type Language } from "../messages/language";
import { useMessages } from "../messages/useMessages";

const NAMES: readonly (readonly [Language, string])[] = [
  ["en", "English"],
  ["fr", "Français"],
];

export function LanguageSwitch() {
  const chosen = useLanguage();
  const messages = useMessages();
  return (
    <div className="languages" role="group" aria-label={messages.language}>
      {NAMES.map(([language, name]) => (
        <button
          key={language}
          type="button"
          lang={language}
          aria-pressed={language === chosen}
          onClick={() => chooseLanguage(language)}
        >
          {name}
        </button>
      ))}
    </div>
  );
}
