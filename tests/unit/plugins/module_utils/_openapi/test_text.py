# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.text import clean, printable


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("plain", "plain"),
        ("告警 é", "告警 é"),
        ("a\nb\tc", "a\\nb\\tc"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("evil\u202etxt.exe", "evil\\u202etxt.exe"),
        ("\u200b\u2028\ufeff", "\\u200b\\u2028\\ufeff"),
        ("lone \ud83d half", "lone \\ud83d half"),
        ("\x9b\x7f", "\\x9b\\x7f"),
        (None, "None"),
        (15411, "15411"),
        ({"a": "\n"}, "{'a': '\\n'}"),
        ("x" * 200, "x" * 200),
        ("x" * 201, "x" * 200 + "…"),
    ],
)
def test_text_from_outside_is_shown_and_never_acted_upon(value, shown):
    assert printable(value) == shown


def test_the_bound_of_length_can_be_chosen():
    assert printable("abcdef", longest=3) == "abc…"


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("plain", "plain"),
        ("", ""),
        ("\U0001f512 stays", "\U0001f512 stays"),
        ("\ud83d and \udd12", "\ufffd and \ufffd"),
        ("a\x00b\n", "a\x00b\n"),
    ],
)
def test_only_what_has_no_utf8_form_is_replaced(text, cleaned):
    assert clean(text) == cleaned
    assert cleaned.encode("utf-8")[:0] == b""
