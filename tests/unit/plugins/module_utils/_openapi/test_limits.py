# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.limits import (
    Pace,
    backoff,
    retry_after,
    used_up,
)


class Clock:
    """A clock that moves only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0

    def time(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.now += seconds


def _starts(per_second: float, calls: int, work: float = 0.0) -> list[float]:
    """When each of ``calls`` calls starts, in seconds after the first; each call lasts ``work`` seconds."""
    clock = Clock()
    pace = Pace(per_second, clock.time, clock.sleep)
    starts = []
    for _call in range(calls):
        _start(pace, "A")
        starts.append(clock.now - 1000.0)
        clock.now += work
    return starts


def _start(pace: Pace, action: str) -> None:
    while not pace.take(action):
        pace.wait(action)


@pytest.mark.parametrize("per_second", [0.01, 0.5, 1, 2, 2.5, 8, 100])
def test_the_first_calls_do_not_wait(per_second):
    assert not any(_starts(per_second, max(1, int(per_second))))


@pytest.mark.parametrize("work", [0.0, 0.03, 0.3])
@pytest.mark.parametrize("per_second", [0.5, 1, 2, 2.5, 8, 100])
def test_no_second_sees_more_calls_than_asked_for(per_second, work):
    starts = _starts(per_second, 300, work)
    most = max(sum(start <= later < start + 1 - 1e-6 for later in starts) for start in starts)
    assert most <= max(1, per_second)


@pytest.mark.parametrize("per_second", [0.5, 1, 2, 2.5, 8, 100])
def test_the_rate_asked_for_is_reached(per_second):
    calls = 1000
    whole = max(per_second if per_second < 1 else 1, int(per_second))
    assert _starts(per_second, calls)[-1] == pytest.approx(calls / whole, rel=0.11)


def test_a_slow_caller_never_waits():
    assert _starts(8, 20, work=0.13) == pytest.approx([0.13 * call for call in range(20)])


def test_one_action_does_not_use_up_the_quota_of_another():
    clock = Clock()
    pace = Pace(2, clock.time, clock.sleep)
    for action in "AABB":
        _start(pace, action)
    assert clock.now == 1000.0
    _start(pace, "A")
    assert clock.now > 1000.0


def test_what_another_thread_took_meanwhile_is_not_taken_twice():
    clock = Clock()
    pace = Pace(1, clock.time, clock.sleep)
    pace.wait("A")
    assert pace.take("A")
    assert not pace.take("A")


def _throttled(times: int) -> tuple[Pace, Clock]:
    clock = Clock()
    pace = Pace(10, clock.time, clock.sleep)
    for _time in range(times):
        _start(pace, "A")
        pace.throttled("A", 2.0)
    return pace, clock


def test_a_throttled_action_pauses_as_long_as_the_service_says_and_the_others_do_not():
    pace, clock = _throttled(1)
    _start(pace, "B")
    assert clock.now == 1000.0
    _start(pace, "A")
    assert 1002.0 <= clock.now <= 1002.5


def _seconds_for(pace: Pace, clock: Clock, calls: int) -> float:
    begin = clock.now
    for _call in range(calls):
        _start(pace, "A")
        pace.went_well("A", None)
    return clock.now - begin


def test_an_action_that_is_throttled_again_and_again_gets_slower_and_recovers():
    pace, clock = _throttled(6)
    _start(pace, "A")
    slow, later = _seconds_for(pace, clock, 10), _seconds_for(pace, clock, 200)
    assert slow > 3 * 1.0
    assert later < 30
    assert _seconds_for(pace, clock, 100) == pytest.approx(10.1, abs=1.1)


def test_several_calls_that_are_refused_together_slow_down_once():
    together, alone = _throttled(1), _throttled(1)
    for _refused in range(4):
        together[0].throttled("A", 2.0)
    times = []
    for pace, clock in (together, alone):
        _start(pace, "A")
        begin = clock.now
        _start(pace, "A")
        times.append(clock.now - begin)
    assert times[0] == pytest.approx(times[1])


def test_a_quota_that_is_used_up_is_waited_for_before_it_is_exceeded():
    clock = Clock()
    pace = Pace(10, clock.time, clock.sleep)
    _start(pace, "A")
    pace.went_well("A", 2.0)
    _start(pace, "A")
    assert clock.now == pytest.approx(1002.0)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"x-ratelimit-user-api": "Limit:1,Remain:0,TimeLeft:2000,Reset:1234"}, 2.0),
        ({"x-ratelimit-user-api": "Limit:1,Remain:1,TimeLeft:2000,Reset:1234"}, None),
        ({"x-ratelimit-user": "Limit:1, Remain:0, TimeLeft:500"}, 0.5),
        ({"x-ratelimit-user": "Remain:0"}, None),
        ({"x-acs-retry-after": "2000"}, None),
    ],
)
def test_when_a_quota_is_used_up(headers, seconds):
    assert used_up(headers) == seconds


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"x-acs-retry-after": "1500"}, 1.5),
        ({"x-acs-retry-after": " 20 "}, 0.02),
        ({"x-acs-retry-after": ""}, None),
        ({"x-acs-retry-after": "soon"}, None),
        ({"x-acs-retry-after": "-5"}, None),
        ({"x-ratelimit-user-api": "Limit:1,Remain:0,TimeLeft:2000,Reset:1234"}, 2.0),
        ({"x-ratelimit-user-api": "Limit:1, Remain:0, TimeLeft: 300"}, 0.3),
        ({"x-ratelimit-user-api": "Limit:1,Remain:0"}, None),
        ({"x-ratelimit-user-api": "TimeLeft"}, None),
        ({"x-ratelimit-user": "TimeLeft:400"}, 0.4),
        ({"x-acs-retry-after": "86400000"}, 60.0),
        ({"x-acs-retry-after": "100", "x-ratelimit-user-api": "TimeLeft:200"}, 0.2),
    ],
)
def test_the_wait_that_the_service_asks_for(headers, seconds):
    assert retry_after(headers) == seconds


@pytest.mark.parametrize(("attempt", "most"), [(1, 0.5), (2, 1.0), (3, 2.0), (6, 16.0), (7, 20.0), (50, 20.0)])
def test_the_pause_before_a_repeat_grows_with_jitter_to_20_seconds(attempt, most):
    pauses = [backoff(attempt) for _try in range(200)]
    assert most / 2 <= min(pauses) < max(pauses) <= most
