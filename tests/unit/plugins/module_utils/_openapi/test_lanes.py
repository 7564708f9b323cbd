# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import threading

import pytest

from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.lanes import Lanes, at_once


def test_results_come_in_the_order_of_the_items_whatever_ends_first():
    second_ended = threading.Event()

    def work(item: int) -> int:
        if item == 0:
            assert second_ended.wait(5)
        else:
            second_ended.set()
        return item * 10

    assert at_once(2, work, [0, 1]) == [0, 10]


@pytest.mark.parametrize("width", [1, 3])
def test_no_more_than_so_many_are_under_way(width):
    under_way, most, lock = [], [], threading.Lock()

    def work(item: int) -> None:
        with lock:
            under_way.append(item)
            most.append(len(under_way))
        if len(most) <= width:
            started.wait(5)
        with lock:
            under_way.remove(item)

    started = threading.Barrier(width)
    at_once(width, work, range(20))
    assert max(most) == width


def test_a_failure_is_raised_and_what_waits_is_not_begun():
    begun = []

    def work(item: int) -> None:
        begun.append(item)
        raise ValueError(item)

    with pytest.raises(ValueError, match="0"):
        at_once(1, work, range(50))
    assert len(begun) < 50


def test_a_full_lane_holds_up_no_other():
    lanes, free = Lanes(1), threading.Event()
    lanes.start("slow", "slow", lambda: free.wait(5))
    lanes.start("slow", "waiting", lambda: "done")
    lanes.start("quick", "quick", lambda: "done")
    first = lanes.next_end(5)
    assert (first.tag, first.result, lanes.open("slow"), lanes.open("quick")) == ("quick", "done", 2, 0)
    free.set()
    assert [lanes.next_end(5).tag, lanes.next_end(5).tag] == ["slow", "waiting"]
    assert lanes.next_end(0) is None


def test_an_error_is_an_end_and_a_part_is_told_before_it():
    lanes = Lanes(1)

    def work() -> None:
        lanes.tell("part", 1)
        raise KeyError("x")

    lanes.start("lane", "whole", work)
    part, whole = lanes.next_end(5), lanes.next_end(5)
    assert (part.tag, part.result, part.error) == ("part", 1, None)
    assert (whole.tag, type(whole.error).__name__, lanes.open("lane")) == ("whole", "KeyError", 0)


def test_what_waits_in_a_closed_lane_is_dropped():
    lanes, free, done = Lanes(1), threading.Event(), []
    lanes.start("lane", 1, lambda: free.wait(5))
    lanes.start("lane", 2, lambda: done.append(2))
    lanes.close()
    free.set()
    assert lanes.next_end(5).tag == 1
    assert lanes.next_end(0.1) is None
    assert done == []
