"""The route of a backup's file: sent from the disk in pieces, to whoever may take it along (C8)."""

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from core.errors import AppError
from core.i18n import Translator
from core.request_context import fail_request, identify_request
from core.sent_file import SentFile
from pages.shell.entrance import cookie_user, is_foreign
from pages.shell.provider import services
from pages.shell.sentences import sentence
from pages.shell.session import language_of

FILE = "/files/backups/{name}"
# The archive is encrypted: packing it would cost the processor much, make nothing smaller, and hide how long it is.
HEADERS = {"Cache-Control": "no-store", "Content-Encoding": "identity"}


def address(name: str) -> str:
    """Where the browser gets the file of a backup."""
    return FILE.format(name=quote(name, safe=""))


def take_along(request: Request) -> Response:
    """The archive as it is, all of it or the range that was asked for; who takes it along is noted in the audit log.

    It changes nothing else, and another site cannot cause it. It ends, unfinished, when the session or the right does.
    """
    if is_foreign(request):
        return PlainTextResponse("forbidden", status_code=403)
    user = cookie_user(request)
    if user is None:
        return _refused(AppError("unauthenticated", 401), language_of(request.headers.get("accept-language")))
    identify_request(user.username, user.role)
    try:
        path = services().backups.taken_along(services().identity.scope_of(user), request.path_params["name"])
    except AppError as error:
        services().audit.note_denial(error)
        return _refused(error, user.language)
    return SentFile(path, HEADERS, lambda: _require(request))


def _require(request: Request) -> None:
    user = cookie_user(request)
    if user is None:
        raise AppError("unauthenticated", 401)
    services().identity.scope_of(user).require_everywhere("backups.write")


def _refused(error: AppError, language: str) -> Response:
    fail_request(error.code, error.http_status)
    said = sentence(Translator(language), error.message_id, error.params)
    return PlainTextResponse(said, error.http_status, {"Cache-Control": "no-store"})
