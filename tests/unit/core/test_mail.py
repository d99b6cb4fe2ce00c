"""Mails as a server receives them, and what is said when it does not take one (A9.1)."""

import datetime as dt
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pydantic import ValidationError

from core.errors import AppError
from core.mail import Mail, Mailer, checked_address
from core.settings import Settings
from tests.mailbox import PASSWORD, PUBLIC, SENDER, USER, Mailbox, receiving

MAIL = Mail("ayse@hotel.example", "Parolanızı seçin", "Merhaba Ayşe,\n\nşifrenizi seçin.\n", "tr")


@pytest.fixture(scope="module")
def mailbox() -> Iterator[Mailbox]:
    with receiving() as box:
        yield box


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of localhost, by nobody that anybody knows; with its key."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "tests")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now - dt.timedelta(days=1)).not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    path = tmp_path_factory.mktemp("certificate") / "both.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + secret)
    return path


@pytest.fixture
def guarded(certificate: Path) -> Iterator[Mailbox]:
    """A server that takes nothing without TLS and an account."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    with receiving(tls) as box:
        yield box


def refused(mailer: Mailer, mail: Mail) -> AppError:
    with pytest.raises(AppError) as found:
        mailer.send(mail)
    return found.value


def test_a_mail_arrives_as_it_was_written(mailbox: Mailbox) -> None:
    Mailer(mailbox.settings()).send(MAIL)
    mail = mailbox.mails.pop()
    assert (mail["To"], mail["From"], mail["Subject"]) == (MAIL.to, SENDER, MAIL.subject)
    assert (mail["Auto-Submitted"], mail["Content-Language"]) == ("auto-generated", "tr")
    assert mail["Message-ID"].endswith("@hotel.example>")
    assert mail.get_content().replace("\r\n", "\n") == MAIL.text


def test_links_begin_with_the_setting(mailbox: Mailbox) -> None:
    mailer = Mailer(mailbox.settings(public_url=f"{PUBLIC}/"))
    assert mailer.address("/password", link="a&b") == f"{PUBLIC}/password?link=a%26b"


def test_tls_with_a_known_certificate_and_an_account(
    guarded: Mailbox, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = {"smtp_security": "starttls", "smtp_username": USER, "smtp_password": PASSWORD}
    mail = Mail("ayse@hotel.example", "a", "b", "en")
    unknown = refused(Mailer(guarded.settings(**account)), mail)
    assert (unknown.code, "certificate" in unknown.params["reason"]) == ("mail_not_sent", True)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    Mailer(guarded.settings(**account)).send(mail)
    assert len(guarded.mails) == 1
    wrong = refused(Mailer(guarded.settings(**account | {"smtp_password": "wrong"})), mail)
    assert wrong.params["reason"].startswith("535 ")
    assert "wrong" not in wrong.params["reason"].split(" ", 1)[1].split()
    assert len(guarded.mails) == 1


def test_nothing_is_sent_in_the_open_to_a_server_without_tls(mailbox: Mailbox) -> None:
    found = refused(Mailer(mailbox.settings(smtp_security="starttls")), MAIL)
    assert "STARTTLS" in found.params["reason"]
    assert mailbox.mails == []


def test_what_the_server_says_is_told(mailbox: Mailbox) -> None:
    mailbox.refused = "nobody@hotel.example"
    found = refused(Mailer(mailbox.settings()), Mail("nobody@hotel.example", "a", "b", "en"))
    assert (found.code, found.http_status) == ("mail_not_sent", 502)
    assert found.params == {"to": "nobody@hotel.example", "reason": "550 5.1.1 nobody of that name here"}
    assert refused(Mailer(mailbox.settings(smtp_port=1)), MAIL).code == "mail_not_sent"
    assert refused(Mailer(Settings()), MAIL).code == "mail_off"


def test_no_header_comes_from_a_text(mailbox: Mailbox) -> None:
    for mail in (
        Mail("a@hotel.example", "hello\nBcc: everybody@hotel.example", "b", "en"),
        Mail("a@hotel.example\nBcc: everybody@hotel.example", "hello", "b", "en"),
    ):
        assert refused(Mailer(mailbox.settings()), mail).code == "mail_not_sent"
    assert mailbox.mails == []


@pytest.mark.parametrize("written", ["ayse@otel.example", "a.b+c@x.example", "  a@b.example  ", ""])
def test_addresses_that_are_right(written: str) -> None:
    assert checked_address(written) == (written.strip() or None)


@pytest.mark.parametrize(
    "written",
    ["ayse", "@b.example", "a@", "a@b", "a b@c.example", "a@b.example\nBcc: c@d.example", "A <a@b.example>",
     "a@b.example, c@d.example", "a@b.example;c", f"{'a' * 250}@b.example", "a@b.example\x00", '"a b"@c.example'],
)  # fmt: skip
def test_addresses_that_are_none(written: str) -> None:
    with pytest.raises(AppError) as found:
        checked_address(written)
    assert found.value.code == "email_wrong"


@pytest.mark.parametrize(
    "given",
    [{"mail_from": None}, {"public_url": None}, {"public_url": "minibar.hotel.example"}, {"smtp_username": "a"},
     {"smtp_username": "a", "smtp_password": "b", "smtp_security": "none"}],
)  # fmt: skip
def test_settings_that_are_not_whole_are_refused(given: dict[str, str | None]) -> None:
    right = Mailbox(25).given(smtp_security="starttls")
    assert Settings(**right).smtp_host
    with pytest.raises(ValidationError):
        Settings(**right | given)
