"""Security in a real browser (A9.1, A9.5): the policy holds, ended sessions end open pages."""

import pytest

from core.scope import SYSTEM
from tests.browser.conftest import PASSWORD, Instance, NewVisitor, Visitor

pytestmark = pytest.mark.browser


def violations(visitor: Visitor) -> list[str]:
    return [problem for problem in visitor.problems if "Content Security Policy" in problem]


def test_charts_tables_and_downloads_break_no_rule_of_the_policy(new_visitor: NewVisitor) -> None:
    """The other pages: a broken rule is an error in the console, and test_accessibility.py finds none on any page."""
    visitor = new_visitor("deniz", locale="en-GB")
    visitor.open("/consumption")
    visitor.page.locator(".js-plotly-plot").first.wait_for()
    visitor.open("/stock")
    visitor.page.locator("[data-testid=stDataFrame], [data-testid=stTable]").first.wait_for()
    visitor.page.wait_for_load_state("networkidle")
    download = visitor.page.get_by_test_id("stDownloadButton").first.locator("button")
    with visitor.page.expect_download() as started:
        download.click()
    assert started.value.failure() is None
    assert violations(visitor) == []


def test_a_script_that_somebody_wrote_into_a_page_does_not_run(new_visitor: NewVisitor) -> None:
    visitor = new_visitor("deniz", locale="en-GB")
    visitor.open("/account")
    visitor.see("Your account")
    visitor.page.evaluate(
        "() => { const s = document.createElement('script'); s.textContent = 'window.stolen = 1';"
        " document.head.append(s); }"
    )
    assert visitor.page.evaluate("window.stolen") is None
    assert violations(visitor) != []


def test_strangers_get_neither_files_nor_uploads_nor_the_ways_in_for_programs(
    new_visitor: NewVisitor, instance: Instance
) -> None:
    visitor = new_visitor("deniz", locale="en-GB")
    visitor.open("/stock")
    button = visitor.page.get_by_test_id("stDownloadButton").first.locator("button")
    with visitor.page.expect_request(lambda request: "/media/" in request.url) as asked:
        button.click()
    stranger = new_visitor().page.context.request
    assert visitor.page.context.request.get(asked.value.url).status == 200
    assert stranger.get(asked.value.url).status == 403
    assert stranger.put(instance.address + "/_stcore/upload_file/x/y", data=b"x").status == 403
    for path in ("interact", "mcp", "openapi.json"):
        assert stranger.get(f"{instance.address}/_stcore/agent/{path}").status == 404


def test_an_open_page_closes_by_itself_when_its_session_is_ended_elsewhere(
    new_visitor: NewVisitor, instance: Instance
) -> None:
    identity = instance.services.identity
    visitor, other = new_visitor("eda", locale="en-GB"), new_visitor("ayse")
    for one, name in ((visitor, "Your account"), (other, "Hesabınız")):
        one.open("/account")
        one.see(name)
    user = identity.check_password("eda", PASSWORD)
    instance.services.accounts.end_other_sessions(user, "none of them")
    visitor.page.get_by_label("User name").wait_for()  # within a second on a machine at rest
    assert other.page.get_by_role("heading", name="Hesabınız").is_visible()


def test_disabling_a_user_closes_their_open_page(new_visitor: NewVisitor, instance: Instance) -> None:
    services = instance.services
    user_id = services.identity.add_user(SYSTEM, "gecici", PASSWORD, "admin", language="en", hotels=[])
    visitor = new_visitor("gecici", locale="en-GB")
    visitor.open("/account")
    visitor.see("Your account")
    services.users.set_active(SYSTEM, user_id, False)
    visitor.page.get_by_label("User name").wait_for()
