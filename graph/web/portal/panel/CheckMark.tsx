import "./check.css";

/** The box of a check box, drawn: the input itself is hidden but reachable. */
export function CheckMark() {
  return (
    <span className="check-box" aria-hidden="true">
      <svg viewBox="0 0 16 16" className="check-on">
        <path d="M3 8.5 6.5 12 13 4.5" />
      </svg>
      <svg viewBox="0 0 16 16" className="check-some">
        <path d="M3.5 8h9" />
      </svg>
    </span>
  );
}
