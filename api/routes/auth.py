"""``/auth``: tokens for clients of the API, and the public keys that check them (SPEC R3)."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Header, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from identity.tokens.access_token import MAX_LENGTH
from identity.tokens.caller import Caller
from identity.tokens.service import CLIENT, IssuedTokens, TokenService

router = APIRouter(tags=["auth"])
JWKS_PATH = "/.well-known/jwks.json"
JWKS_SECONDS = 60  # shorter than the overlap of two keys


class _Asked(BaseModel):
    """Secrets stand in the body alone, and nothing else may stand there."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class SignInAsked(_Asked):
    """``code``: the second factor, for users who have one."""

    username: str = Field(min_length=1, max_length=64, examples=["ayse"])
    password: str = Field(min_length=1, max_length=1024, examples=["correct horse battery"])
    client_id: str = Field(CLIENT, pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$", examples=["housekeeping-app"])
    code: str | None = Field(None, max_length=64, examples=["123456"])


class RefreshAsked(_Asked):
    refresh_token: str = Field(max_length=MAX_LENGTH, examples=["bmr_…"])


class RevokeAsked(_Asked):
    """An access token ends alone, a refresh token with everything that came of the sign-in."""

    token: str = Field(max_length=MAX_LENGTH, examples=["bmr_…"])


class TokenAnswer(BaseModel):
    """The access token goes into ``Authorization: Bearer …``; the refresh token works once (RFC 6749 §5.1)."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105
    expires_in: int = Field(examples=[600])
    refresh_token: str
    refresh_expires_in: int = Field(examples=[43200])


class KeysAnswer(BaseModel):
    """A JSON Web Key Set (RFC 7517)."""

    keys: list[dict[str, str]]


def caller_of(request: Request) -> Caller:
    """Where a request comes from; the server trusts what a proxy says of it only from the proxies it was told of."""
    return Caller(request.client.host if request.client else None, request.headers.get("user-agent"))


def tokens_of(request: Request) -> TokenService:
    found: TokenService = request.app.state.services().tokens
    return found


Asking = Annotated[Caller, Depends(caller_of)]
Tokens = Annotated[TokenService, Depends(tokens_of)]


def _secret(response: Response) -> None:
    """No cache keeps a token (RFC 6749 §5.1)."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["Pragma"] = "no-cache"


def _answer(issued: IssuedTokens) -> TokenAnswer:
    return TokenAnswer(
        access_token=issued.access_token, expires_in=issued.access_seconds,
        refresh_token=issued.refresh_token, refresh_expires_in=issued.refresh_seconds,
    )  # fmt: skip


@router.post("/auth/token", dependencies=[Depends(_secret)])
def token(asked: SignInAsked, caller: Asking, tokens: Tokens) -> TokenAnswer:
    """Sign in: an access token of ten minutes and a refresh token."""
    return _answer(tokens.sign_in(asked.username, asked.password, caller, asked.client_id, asked.code))


@router.post("/auth/refresh", dependencies=[Depends(_secret)])
def refresh(asked: RefreshAsked, caller: Asking, tokens: Tokens) -> TokenAnswer:
    """New tokens for a refresh token. It works once; using it again ends the sign-in it came of."""
    return _answer(tokens.refresh(asked.refresh_token, caller))


@router.post("/auth/revoke", status_code=204, dependencies=[Depends(_secret)])
def revoke(asked: RevokeAsked, tokens: Tokens) -> None:
    """End a token; the answer is the same whether it lived or not (RFC 7009)."""
    tokens.revoke(asked.token)


@router.post("/auth/logout", status_code=204, dependencies=[Depends(_secret)])
def logout(caller: Asking, tokens: Tokens, authorization: Annotated[str | None, Header()] = None) -> None:
    """End the sign-in that the access token belongs to, with all of its tokens."""
    found = tokens.authenticate(authorization, caller.address, caller.user_agent)
    tokens.end(found.claims.family_id, found.user.id, "signed_out")


@router.get(JWKS_PATH)
def keys(response: Response, tokens: Tokens) -> KeysAnswer:
    """The public keys that access tokens are signed with."""
    response.headers["Cache-Control"] = f"public, max-age={JWKS_SECONDS}"
    return KeysAnswer(keys=tokens.public_keys())
