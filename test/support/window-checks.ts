import type { Page } from "playwright-core";

/** Steps of the Tab key tried on a page: more than any page has stops in front of its main part. */
const MAX_TAB_STOPS = 30;

/** What lies beyond the right edge of the page, so that one would have to scroll sideways. */
export function tooWide(page: Page): Promise<readonly string[]> {
  return page.evaluate(() => {
    const limit = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= limit) return [];
    const name = (element: Element): string => `${element.tagName.toLowerCase()}.${[...element.classList].join(".")}`;
    const wide = [...document.body.querySelectorAll("*")].filter(
      (element) => element.getBoundingClientRect().right > limit + 1,
    );
    return [`the page is ${document.documentElement.scrollWidth} px wide`, ...wide.slice(0, 5).map(name)];
  });
}

/** Elements that the Tab key comes to and that do not show it. */
export async function unseenFocus(page: Page): Promise<readonly string[]> {
  const found = new Set<string>();
  for (let stop = 0; stop < MAX_TAB_STOPS; stop += 1) {
    await page.keyboard.press("Tab");
    let told = await whatIsFocused(page);
    // Some parts say it a moment later.
    for (let frame = 0; told.unseen !== null && frame < 5; frame += 1) {
      await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(resolve)));
      told = await whatIsFocused(page);
    }
    if (told.isOver) break;
    if (told.unseen !== null) found.add(told.unseen);
  }
  return [...found];
}

function whatIsFocused(page: Page): Promise<{ readonly isOver: boolean; readonly unseen: string | null }> {
  return page.evaluate(() => {
    let element = document.activeElement;
    while (element?.shadowRoot?.activeElement != null) element = element.shadowRoot.activeElement;
    if (element === null || element === document.body) return { isOver: true, unseen: null };
    const shows = (one: Element, pseudo?: string): boolean => {
      const style = getComputedStyle(one, pseudo);
      return (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== "none";
    };
    const outer = element.parentElement;
    const around = [element, outer, outer?.parentElement ?? null, ...element.children].filter((one) => one !== null);
    const isSeen = around.some((one) => shows(one) || shows(one, "::after") || shows(one, "::before"));
    const name = element.getAttribute("aria-label") ?? element.textContent.trim().slice(0, 30);
    return { isOver: false, unseen: isSeen ? null : `${element.tagName.toLowerCase()} “${name}”` };
  });
}

/** What moves although the person asked for rest. */
export function moving(page: Page): Promise<readonly string[]> {
  return page.evaluate(() =>
    document
      .getAnimations()
      .filter((one) => one.playState === "running" && Number(one.effect?.getComputedTiming().duration ?? 0) > 50)
      .map((one) => (one instanceof CSSAnimation ? one.animationName : one.id)),
  );
}
