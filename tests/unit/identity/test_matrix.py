"""The document of permissions is that of this version (A9.1)."""

import re

from core.settings import ROOT
from identity.matrix import Door, doors_of, permission_matrix
from identity.permissions import PERMISSIONS
from manage import permission_document
from tests.architecture.source_tree import production_files

DOCUMENT = ROOT / "docs" / "permissions.md"


def test_the_document_is_up_to_date() -> None:
    """Renew it with ``manage.py permissions > docs/permissions.md``."""
    assert DOCUMENT.read_text(encoding="utf-8") == permission_document()


def test_every_permission_has_a_row_and_every_page_and_route_a_known_one() -> None:
    document = permission_document()
    assert [one for one in PERMISSIONS if f"| `{one}` |" not in document] == []
    from api.app import create_api
    from pages.shell.navigation import TABLE

    asked = {entry.needs for group in TABLE.values() for entry in group}
    asked |= {door.needs for door in doors_of(create_api(lambda: None).openapi()["paths"])}  # type: ignore[arg-type, return-value]
    assert asked <= {*PERMISSIONS, None}


def test_a_page_stands_in_the_row_of_what_it_asks_for_beside_the_roles_that_hold_it() -> None:
    document = permission_matrix([Door("/x", "users.write")], [], [Door("user add", "users.write")], [])
    assert "| `users.write` | yes | yes | – | – | – | – | `/x` | – | `user add` |" in document
    assert "| `jobs.read` | yes | yes | yes | yes | – | – | – | – | – |" in document


def unknown(text: str) -> set[str]:
    """Permissions that code asks for and no list knows: only a superadmin would ever hold them."""
    asking = r"""\b(?:require(?:_everywhere)?|allows(?:_everywhere)?|needs|open_page)\(\s*"([a-z_.]+)\""""
    return set(re.findall(asking, text)) - set(PERMISSIONS)


def test_code_asks_for_no_permission_that_is_not_listed() -> None:
    assert {file.name: found for file in production_files() if (found := unknown(file.text))} == {}
    assert unknown('scope.require("alerts.burn")') == {"alerts.burn"}
