"""The request at hand (core/request_context.py)."""

from contextvars import copy_context
from threading import Thread

import pytest

from core.request_context import begin_request, current_request, end_request, identify_request


@pytest.fixture(autouse=True)
def _ended() -> None:
    end_request()


def test_outside_of_a_request_everything_is_empty() -> None:
    identify_request("ayse", "admin")
    assert (current_request().request_id, current_request().actor) == (None, None)


def test_a_valid_id_is_kept_and_any_other_is_replaced() -> None:
    assert begin_request(wanted_id="order-4711.a").request_id == "order-4711.a"
    for wanted in (None, "", "short", "x" * 65, 'evil"\nlevel=ERROR', "ğ" * 12):
        assert begin_request(wanted_id=wanted).request_id not in (wanted, None)


def test_a_thread_that_works_for_the_request_tells_everybody_who_asks() -> None:
    begin_request("10.0.0.7")
    thread = Thread(target=copy_context().run, args=(identify_request, "ayse", "admin"))
    thread.start()
    thread.join()
    assert (current_request().actor, current_request().role, current_request().address) == ("ayse", "admin", "10.0.0.7")


def test_what_follows_the_request_does_not_belong_to_it() -> None:
    begin_request()
    end_request()
    assert current_request().request_id is None
