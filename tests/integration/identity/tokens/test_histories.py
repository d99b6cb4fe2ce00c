"""Any history of refreshes by an owner and a thief: what must hold whatever they do, and in whatever order (R3)."""

from dataclasses import dataclass
from datetime import timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from core.errors import AppError
from identity.tokens.caller import Caller
from identity.tokens.refresh_token import ABSOLUTE_LIFETIME, GRACE, IDLE_LIFETIME
from identity.tokens.service import IssuedTokens
from tests.integration.identity.tokens.scene import ELSEWHERE, HOME, NEXT_DOOR, PHONE, Scene

CALLERS = [HOME, NEXT_DOOR, ELSEWHERE, Caller(HOME.address, PHONE)]
STEPS = [timedelta(seconds=1), GRACE, timedelta(minutes=5), IDLE_LIFETIME - timedelta(minutes=1), IDLE_LIFETIME]


@dataclass
class Link:
    """A refresh token as the model knows it: where in the line it stands, and what became of it."""

    token: str
    issued_seconds: float
    used_seconds: float | None = None
    used_from: Caller | None = None


class Histories(RuleBasedStateMachine):
    """The model: a line of tokens, alive until anything is presented that should not be."""

    scene: Scene

    def __init__(self) -> None:
        super().__init__()
        self.scene.execute("DELETE FROM token_families")
        self.scene.execute("DELETE FROM token_attempts")
        self.seconds = 0.0
        issued = self.scene.signed_in()
        self.access = [issued.access_token]
        self.line = [Link(issued.refresh_token, 0.0)]
        self.ended = False

    @rule(step=st.sampled_from(STEPS))
    def wait(self, step: timedelta) -> None:
        self.scene.clock.advance(step)
        self.seconds += step.total_seconds()

    @rule(data=st.data(), caller=st.sampled_from(CALLERS))
    def refresh(self, data: st.DataObject, caller: Caller) -> None:
        link = data.draw(st.sampled_from(self.line))
        expected = self.expected(link, caller)
        issued = self.attempt(link.token, caller)
        if issued is None:
            assert expected in ("theft", "refused"), expected
            self.ended = self.ended or expected == "theft"
            return
        assert expected in ("new", "again"), expected
        self.access.append(issued.access_token)
        if expected == "again":
            assert issued.refresh_token == self.line[-1].token
            return
        assert issued.refresh_token not in [one.token for one in self.line]
        link.used_seconds, link.used_from = self.seconds, caller
        self.line.append(Link(issued.refresh_token, self.seconds))

    def attempt(self, token: str, caller: Caller) -> IssuedTokens | None:
        try:
            return self.scene.tokens.refresh(token, caller)
        except AppError:
            return None

    def expected(self, link: Link, caller: Caller) -> str:
        """What the specification says of this step."""
        if self.ended or self.seconds >= ABSOLUTE_LIFETIME.total_seconds():
            return "refused"
        same_device = caller.user_agent == HOME.user_agent
        if link.used_seconds is None:
            if self.seconds - link.issued_seconds >= IDLE_LIFETIME.total_seconds():
                return "refused"
            return "new" if same_device else "theft"
        is_previous = len(self.line) > 1 and link is self.line[-2]
        is_fresh = self.seconds - link.used_seconds <= GRACE.total_seconds()
        same_network = link.used_from is not None and caller.address_prefix == link.used_from.address_prefix
        return "again" if is_previous and is_fresh and same_device and same_network else "theft"

    @precondition(lambda self: not self.ended)
    @rule(how=st.sampled_from(["UPDATE users SET role = 'superadmin'", "sign out"]))
    def end(self, how: str) -> None:
        if how == "sign out":
            self.scene.tokens.revoke(self.line[0].token)
        else:
            self.scene.execute(how)
            self.scene.execute("UPDATE users SET role = 'admin'")
        self.ended = True

    @invariant()
    def after_the_end_nothing_works(self) -> None:
        if self.ended:
            codes = {self.scene.verdict(token) for token in self.access[-3:]}
            assert codes <= {"token_ended", "token_expired"}

    @invariant()
    def one_line_at_most_lives(self) -> None:
        rows = "SELECT count(*) FROM refresh_tokens GROUP BY family_id, used_at IS NULL HAVING used_at IS NULL"
        assert all(count <= 1 for (count,) in self.scene.rows(rows))


def test_every_history_keeps_the_promises(scene: Scene) -> None:
    machine = type("History", (Histories,), {"scene": scene})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=25,
            stateful_step_count=15,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )
