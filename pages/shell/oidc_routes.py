"""The routes of a sign-in at a provider: to its form, and back with its answer (A9.1)."""

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from core.errors import AppError
from identity.oidc.service import BEGUN_LIFETIME
from pages.shell.entrance import entered, is_foreign
from pages.shell.provider import services
from pages.shell.session import safe_path

BEGIN, ANSWER = "/auth/provider", "/auth/provider/answer"
COOKIE = "barometer_oidc"
REFUSED = "refused"  # in the address of the sign-in form: why there is no session
TOLD = ("oidc_refused", "oidc_unavailable", "oidc_user_unknown", "sign_in_refused")


def begin(request: Request) -> Response:
    """To the provider's form; a sealed cookie waits here for the answer."""
    if is_foreign(request):
        return PlainTextResponse("forbidden", status_code=403)
    oidc = services().oidc
    try:
        begun = oidc.begin(safe_path(request.query_params.get("next")))
    except AppError as error:
        return _refused(error)
    answer = RedirectResponse(begun.address, status_code=303)
    answer.set_cookie(
        COOKIE, begun.kept, max_age=int(BEGUN_LIFETIME.total_seconds()), path=BEGIN, httponly=True, samesite="lax",
        secure=oidc.is_secure,
    )  # fmt: skip
    answer.headers["Cache-Control"] = "no-store"
    return answer


def answer(request: Request) -> Response:
    """Back from another site: what makes it ours is the cookie that the browser got when it left."""
    oidc, said = services().oidc, request.query_params
    try:
        found = oidc.finish(request.cookies.get(COOKIE), said.get("state", ""), said.get("code", ""))
        done = entered(request, found.ticket, found.destination, secure=oidc.is_secure)
    except AppError as error:
        done = _refused(error)
    done.delete_cookie(COOKIE, path=BEGIN)
    return done


def _refused(error: AppError) -> Response:
    """The form says it in the visitor's language."""
    if error.code not in TOLD:
        raise error
    return RedirectResponse(f"/?{urlencode({REFUSED: error.code})}", status_code=303)
