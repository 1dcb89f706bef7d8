// What a person cannot see or reach on a page of this size: controls off its sides or under others, and texts cut off.

import type { Page } from "@playwright/test";

/** One line for each; none is what a scenario expects. */
export async function findHidden(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const name = (element: Element) => `${element.outerHTML.slice(0, 120)} ${element.textContent.slice(0, 40)}`;
    const all = [...document.querySelectorAll<HTMLElement>("body *")].filter(
      (element) => element.checkVisibility({ visibilityProperty: true }) && !element.closest(".visually-hidden, .skip"),
    );

    const covered = all
      // A row is scrolled into view as a whole: its check box is chosen with it.
      .filter((element) => element.matches("a[href], button:enabled, input:enabled, [tabindex='0']"))
      .filter((element) => !element.matches("[role=row] input"))
      .filter((element) => {
        element.focus();
        // The box of a check box is drawn by its label.
        const shown = element.closest("label") ?? element;
        const { left, right, top, bottom } = shown.getBoundingClientRect();
        if (left < 0 || right > innerWidth) return true;
        const points = [
          [left + 3, top + 3],
          [right - 3, bottom - 3],
          [(left + right) / 2, (top + bottom) / 2],
        ] as const;
        return !points.some(([x, y]) => {
          const found = document.elementFromPoint(x, y);
          return found !== null && (shown.contains(found) || found.contains(shown));
        });
      })
      .map((element) => `covered: ${name(element)}`);

    const cut = all
      .filter((element) => !element.matches("input, svg, svg *") && !element.closest("[aria-hidden=true]"))
      .filter(({ scrollWidth, clientWidth }) => clientWidth > 1 && scrollWidth > clientWidth + 1)
      .filter((element) => getComputedStyle(element).overflowX !== "visible")
      .map((element) => `cut off: ${name(element)}`);

    scrollTo(0, 0);
    return [...covered, ...cut];
  });
}
