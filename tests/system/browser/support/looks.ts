// How a page may look. Its texts depend on the language, its contrasts on the colours: these two have both of each.

export const LOOKS = [
  { locale: "en-CA", colorScheme: "light" },
  { locale: "fr-CA", colorScheme: "dark" },
] as const;
