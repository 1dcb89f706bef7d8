/** The sign of the product, as in icon.svg. */
export function Mark() {
  return (
    <svg className="mark" viewBox="0 0 32 32" width="28" height="28" aria-hidden="true">
      <rect width="32" height="32" rx="7" fill="#0f766e" />
      <path d="M7 15c4-6 14-6 18 0l-3 4-4-2v-3h-4v3l-4 2z" fill="#fff" />
      <path d="M10 24h12" stroke="#fff" strokeWidth="3" strokeLinecap="round" />
    </svg>
  );
}
