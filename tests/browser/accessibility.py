"""What axe-core finds wrong with a page, less the few things that are Streamlit's own markup."""

from dataclasses import dataclass
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

FOUND = ("moderate", "serious", "critical")


@dataclass(frozen=True)
class Exemption:
    """One rule on the elements of one selector, and why it cannot be mended from outside."""

    rule: str
    selector: str
    reason: str


EXEMPTIONS = (
    Exemption(
        "list",
        '[data-testid="stSidebarNavItems"]',
        "Streamlit 1.67 puts the groups of st.navigation as div into its ul",
    ),
    Exemption(
        "listitem",
        '[data-testid="stSidebarNavItems"] li',
        "the same: the links of a group are li in a div that has no role",
    ),
)


# Streamlit pales what it is about to draw anew; how long that takes is the machine's doing, and no colour of ours.
DRAWN = '[data-stale="true"] { opacity: 1 !important; transition: none !important; }'
AT_REST = """async () => {
    const lasting = one => one.effect.getComputedTiming().iterations === Infinity;
    const passing = document.getAnimations().filter(one => one.playState === 'running' && !lasting(one));
    await Promise.allSettled(passing.map(one => one.finished));
}"""


def violations(page: Page) -> list[str]:
    """One line for each element that breaks a rule: rule, gravity, element, what to mend."""
    page.add_style_tag(content=DRAWN)
    page.evaluate(AT_REST)  # a dialog that opens fades in
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [
        f"{one['id']} ({one['impact']}): {node['html'][:300]} {' '.join(node.get('failureSummary', '').split())}"
        for one in found
        if one["impact"] in FOUND
        for node in one["nodes"]
        if not is_exempt(page, one["id"], node)
    ]


def is_exempt(page: Page, rule: str, node: dict[str, Any]) -> bool:
    selectors = [one.selector for one in EXEMPTIONS if one.rule == rule]
    target = page.locator(node["target"][-1]).first
    return any(target.evaluate("(element, selector) => element.matches(selector)", one) for one in selectors)
