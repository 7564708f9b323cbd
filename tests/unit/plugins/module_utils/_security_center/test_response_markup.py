# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.response_markup import (
    joined,
    markup,
    tag,
)
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.response_tables import duration


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("\"><img src=x onerror='alert(1)'>", "&quot;&gt;&lt;img src=x onerror=&#x27;alert(1)&#x27;&gt;"),
        ("&lt;", "&amp;lt;"),
        ("a\x00\x1b[31m\nb", "a\\x00\\x1b[31m\\nb"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("\ud800", "\\ud800"),
        ("]]></style></title>", "]]&gt;&lt;/style&gt;&lt;/title&gt;"),
        (7, "7"),
    ],
)
def test_any_text_is_text_and_an_attribute_too(text, told):
    assert markup(text) == told
    assert tag("p", text, data_label=text) == f'<p data-label="{told}">{told}</p>'


def test_markup_is_made_by_our_own_hands_only():
    inner = tag("b", "x < y")
    assert tag("p", inner, "<b>") == "<p><b>x &lt; y</b>&lt;b&gt;</p>"
    assert joined(inner, inner) == inner * 2
    assert markup(str(inner)).startswith("&lt;b&gt;")


def test_a_text_is_cut():
    assert len(markup("A" * 1_000_000)) < 400


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(None, "–"), (0, "0 s"), (59, "59 s"), (60, "1 min"), (250, "4 min 10 s"), (7_500, "2 h 5 min"), (86_405, "1 d"), (93_600, "1 d 2 h")],
)
def test_a_duration_is_told_in_its_two_largest_units(seconds, told):
    assert duration(seconds) == told
