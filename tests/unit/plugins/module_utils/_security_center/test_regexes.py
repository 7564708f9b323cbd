# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import signal
import threading

import pytest

from ansible_collections.alicloud.security_center.plugins.module_utils._security_center import regexes
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.regexes import found_in


def test_each_text_has_its_answer():
    assert found_in("^a+$", ["", "aa", "b", "aab"]) == [False, True, False, False]
    assert found_in("a", []) == []


def test_only_the_first_characters_are_looked_at():
    assert found_in("b", ["a" * 4095 + "b", "a" * 4096 + "b"]) == [True, False]


@pytest.mark.parametrize("pattern", ["(", "a{99999999999}", "(" * 5000, "\\"])
def test_what_python_cannot_compile_has_no_answer(pattern):
    assert found_in(pattern, ["a"]) is None


@pytest.mark.parametrize("pattern", ["(a+)+b", "(a|aa)+b", "(a|a)*b", "a*a*a*a*a*b", r"(\w+\s?)*b"])
def test_what_takes_for_ever_has_no_answer(pattern, monkeypatch):
    monkeypatch.setattr(regexes, "_SECONDS", 0.05)
    assert found_in(pattern, ["a" * 5000]) is None


def test_the_process_is_left_as_it_was(monkeypatch):
    monkeypatch.setattr(regexes, "_SECONDS", 0.05)

    def own(_number, _frame):
        raise AssertionError("an alarm that nobody wants")

    before = signal.signal(signal.SIGALRM, own)
    try:
        for pattern in ("a", "(", "(a+)+b"):
            found_in(pattern, ["a" * 5000])
            assert signal.getsignal(signal.SIGALRM) is own
            assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
    finally:
        signal.signal(signal.SIGALRM, before)


def test_a_thread_that_gets_no_signals_has_no_answer():
    told = []
    thread = threading.Thread(target=lambda: told.append(found_in("a", ["a"])))
    thread.start()
    thread.join()
    assert told == [None]
