"""The routes under /auth that set and take back the session cookie, and who a request comes from (A9.1)."""

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from core.errors import AppError
from identity.service import User
from pages.shell.gate import is_page_of
from pages.shell.provider import services
from pages.shell.session import BROWSER, BROWSER_SECONDS, SESSION_SECONDS, cookie_name, safe_path


def is_foreign(request: Request) -> bool:
    """Whether another site caused the request.

    Browsers say so themselves; older ones tell the page that they come from. Programs tell neither and hold no cookie.
    """
    said = request.headers.get("sec-fetch-site")
    if said is not None:
        return said not in ("same-origin", "none")
    origin = request.headers.get("origin") or request.headers.get("referer")
    return origin is not None and not is_page_of(request.headers.get("host"), origin)


def is_secure(request: Request) -> bool:
    """Whether the browser speaks TLS, perhaps to a proxy that does not say so: then the page before this one does."""
    return request.url.scheme == "https" or request.headers.get("referer", "").startswith("https:")


def cookie_user(request: Request) -> User | None:
    """Whose session the request carries. A link in a new tab names no page before it: then the cookie that is set
    over TLS alone tells as much."""
    token = request.cookies.get(cookie_name(is_secure(request))) or request.cookies.get(cookie_name(True))
    return services().identity.session_user(token) if token else None


def enter(request: Request) -> Response:
    """Exchange the one-time ticket of a correct sign-in for the session cookie; never go on in an older session."""
    # Our form's own page sends the browser here: an address in a mail ("none") would sign its reader in as another.
    if is_foreign(request) or request.headers.get("sec-fetch-site") == "none":
        return PlainTextResponse("forbidden", status_code=403)
    ticket, destination = request.query_params.get("ticket", ""), request.query_params.get("next")
    try:
        return entered(request, ticket, destination, secure=is_secure(request))
    except AppError as error:
        if error.code != "ticket_refused":
            raise
        # The ticket was used or is too old: the page asks for the password again.
        return RedirectResponse(safe_path(destination), status_code=303)


def entered(request: Request, ticket: str, destination: str | None, *, secure: bool) -> Response:
    """On to a path of this origin, with the cookie of the session that the ticket began."""
    answer = RedirectResponse(safe_path(destination), status_code=303)
    token = services().identity.redeem_ticket(
        ticket,
        user_agent=request.headers.get("user-agent"),
        address=request.client.host if request.client else None,
        before=request.cookies.get(cookie_name(secure)),
    )
    answer.set_cookie(cookie_name(secure), token, max_age=SESSION_SECONDS, httponly=True, samesite="lax", secure=secure)
    known = cookie_name(secure, BROWSER)
    cards = services().identity.browser_cards(token, request.cookies.get(known))
    if cards:
        answer.set_cookie(known, cards, max_age=BROWSER_SECONDS, httponly=True, samesite="lax", secure=secure)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def leave(request: Request) -> Response:
    """End the session and forget the cookie."""
    if is_foreign(request):
        return PlainTextResponse("forbidden", status_code=403)
    answer = RedirectResponse("/", status_code=303)
    for secure in (True, False):
        token = request.cookies.get(cookie_name(secure))
        if token:
            services().identity.end_session(token)
            answer.delete_cookie(cookie_name(secure), httponly=True, samesite="lax", secure=secure)
    return answer
