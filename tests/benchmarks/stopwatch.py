"""Times in Chromium as a person feels them: from the click, or from entering the address, to the finished page.

Finished: the script has ended and its title stands there, with no skeleton left and every chart and table drawn.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.browser.conftest import CHROMIUM, FLAGS

# Clicks are noted inside the page, so that what the test driver takes is not in the figures. A moved page is another
# one when its title is; a short run never shows as "running".
WATCH = """
window.stopwatch = {started: 0, since: 0, title: ''};
for (const name of ['click', 'keydown'])
  document.addEventListener(name, () => {
    window.stopwatch.started = performance.now();
    window.stopwatch.since = 0;
    window.stopwatch.title = document.querySelector('[data-testid=stMain] h1')?.innerText;
  }, true);
"""
# The first moment of a quarter of a second during which everything held: a run may begin a little after its click.
FINISHED = """
([path, query, words]) => {
  const isSeen = (one) => one.checkVisibility({contentVisibilityAuto: true});
  const all = (what) => [...document.querySelectorAll(what)].filter(isSeen);
  const app = document.querySelector('[data-testid=stApp]');
  const title = document.querySelector('[data-testid=stMain] h1')?.innerText;
  const isThere = app && app.dataset.testScriptState === 'notRunning' && title
    && (path === null || (location.pathname === path && title !== window.stopwatch.title))
    && (query === null || location.search.includes(query))
    && (words === null || document.body.innerText.includes(words))
    && !document.querySelector('[data-testid=stSkeleton]')
    && all('[data-testid=stPlotlyChart]').every((one) => one.querySelector('.main-svg'))
    && all('[data-testid=stDataFrame]').every((one) => one.querySelector('canvas'));
  const now = performance.now();
  if (!isThere) window.stopwatch.since = 0;
  else if (!window.stopwatch.since) window.stopwatch.since = now;
  else if (now - window.stopwatch.since > 250) return window.stopwatch.since - window.stopwatch.started;
  return 0;
}
"""
LINK = "[data-testid=stSidebarNavLink]"


@dataclass(frozen=True)
class Visit:
    """One browser with empty caches."""

    page: Page
    address: str

    def enter(self, path: str = "/") -> float:
        """Seconds from entering the address."""
        self.page.goto(self.address + path, wait_until="commit")
        return self.finished(path.split("?", maxsplit=1)[0])

    def finished(self, path: str | None = None, query: str | None = None, words: str | None = None) -> float:
        """Seconds from the last click (or the address) until the page is finished, and holds the words."""
        found = self.page.wait_for_function(FINISHED, arg=[path, query, words], polling=20)
        return float(found.json_value()) / 1000

    def move(self, path: str) -> float:
        """Seconds from the click on a page in the navigation."""
        self.page.locator(LINK).nth(self.paths().index(path)).click()
        return self.finished(path)

    def press(self, button: str, words: str) -> float:
        """Seconds from the click on a button until its answer stands there."""
        self.page.get_by_role("button", name=button, exact=True).first.click()
        return self.finished(None, None, words)

    def choose(self, label: str, option: str, query: str) -> float:
        """Seconds from the click on another option of a filter, all in sight or in a list, until it shows."""
        main = self.page.get_by_test_id("stMain")
        in_sight = main.get_by_test_id("stButtonGroup").get_by_text(option, exact=True)
        if in_sight.count():
            in_sight.first.click()
        else:
            main.get_by_label(label, exact=True).first.fill(option)
            self.page.get_by_role("option", name=option, exact=True).wait_for()
            self.page.keyboard.press("Enter")
        return self.finished(None, query)

    def paths(self) -> list[str]:
        """The pages of the navigation, in its order."""
        self.page.locator(LINK).first.wait_for()
        found: list[str] = self.page.locator(LINK).evaluate_all(
            "links => links.map(link => new URL(link.href).pathname)"
        )
        return found


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@contextmanager
def visitor(browser: Browser, address: str, token: str | None = None) -> Iterator[Visit]:
    """A browser that was never here, signed in where a token is given."""
    context: BrowserContext = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB")
    if token:
        cookie: Any = {"name": "barometer_session", "value": token, "url": address}
        context.add_cookies([cookie])
    context.add_init_script(WATCH)
    page = context.new_page()
    page.set_default_timeout(60_000)
    yield Visit(page, address)
    context.close()
