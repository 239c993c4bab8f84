import pytest

from serving.client.errors import ClientError, ServerBusyError
from serving.client.retries import Retries


class Time:
    """A clock that moves by sleeping alone, and what was slept."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def sleep(self, secs: float) -> None:
        self.slept.append(secs)
        self.now += secs


def retries(time: Time, **options) -> Retries:
    return Retries(clock=lambda: time.now, sleep=time.sleep, **options)


def test_waits_double_up_to_the_longest():
    time, left = Time(), [ServerBusyError("busy")] * 5

    def attempt(_: float) -> str:
        if left:
            raise left.pop()
        return "answer"

    chosen = retries(time, first_delay_secs=1, max_delay_secs=5, timeout_secs=100, draw=lambda: 1.0)
    assert chosen.call(attempt) == "answer"
    assert time.slept == [1, 2, 4, 5, 5]


def test_a_wait_is_drawn_so_that_clients_do_not_return_together():
    time, draws = Time(), iter([0.25, 0.5])

    def attempt(_: float) -> float:
        if len(time.slept) < 2:
            raise ServerBusyError("busy")
        return 0

    retries(time, first_delay_secs=1, draw=lambda: next(draws)).call(attempt)
    assert time.slept == [0.25, 1.0]


def test_no_attempt_starts_after_the_deadline_and_each_is_told_what_is_left():
    time, told = Time(), []

    def attempt(left_secs: float) -> None:
        told.append(left_secs)
        raise ServerBusyError(f"busy {len(told)}")

    with pytest.raises(ServerBusyError, match="busy 3"):
        retries(time, first_delay_secs=1, timeout_secs=5, draw=lambda: 1.0).call(attempt)
    assert told == [5, 4, 2]
    assert time.now < 5


def test_what_the_server_said_is_told_where_the_deadline_ends_the_last_attempt():
    time = Time()

    def attempt(left_secs: float) -> None:
        if not time.slept:
            raise ServerBusyError("queue is full")
        time.now += left_secs
        raise ServerBusyError("no answer within the deadline")

    with pytest.raises(ServerBusyError, match="queue is full"):
        retries(time, first_delay_secs=1, timeout_secs=2, draw=lambda: 1.0).call(attempt)


def test_what_is_no_business_of_time_is_not_tried_again():
    time, calls = Time(), []

    def attempt(_: float) -> None:
        calls.append(1)
        raise ClientError("wrong")

    with pytest.raises(ClientError, match="wrong"):
        retries(time).call(attempt)
    assert len(calls) == 1
