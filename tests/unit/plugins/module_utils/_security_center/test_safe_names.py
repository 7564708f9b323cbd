# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.safe_names import (
    group_name,
    group_of,
    host_name,
    told_apart,
)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("web-prod-1.example", "web-prod-1.example"),
        ("生产-web 1", "web_1"),
        ("生产", ""),
        ("{{ 1 }}", "1"),
        ("-oProxyCommand=x", "oProxyCommand_x"),
        ("../../etc/passwd", "etc_passwd"),
        ("a:&b,c[0:9]*~!", "a_b_c_0_9"),
        ("LOCALHOST", ""),
        ("127.0.0.1", ""),
        ("127.1", ""),
        ("0", ""),
        ("all.", ""),
        ("x" * 99 + ".." + "y", "x" * 99),
    ],
)
def test_a_host_is_called_by_what_is_left_of_a_text(text, name):
    assert host_name(text) == name


@pytest.mark.parametrize(("text", "name"), [("all", "_all"), ("Ungrouped", "_Ungrouped"), ("1a", "_1a"), ("", "_"), ("a-b\n", "a_b_")])  # fmt: skip
def test_a_group_is_called_by_what_is_left_of_a_text(text, name):
    assert group_name(text) == name


def test_what_has_another_name_is_another_group():
    """The texts are "production" and "test", the second also in the letters of another script, and such that only differ late."""
    texts = ["生产", "测试", "web", "wеb", "生产web", "测试web", "x" * 200 + "1", "x" * 200 + "2", "\ud800"]
    names = [group_name(text) for text in texts]
    assert len(set(names)) == len(texts)
    assert all(name.isascii() and name.isidentifier() and len(name) <= 100 for name in names)
    assert group_of("of", "x" * 200 + "1") != group_of("of", "x" * 200 + "2")


@pytest.mark.parametrize(
    ("texts", "name"),
    [
        (["cn-hangzhou"], "of_cn_hangzhou"),
        (["web", "14"], "of_web"),
        (["默认分组", "14"], "of_14"),
        (["生产web", "14"], "of_web_14"),
        (["测试web", "15"], "of_web_15"),
        ([None, "{{"], None),
        (["all"], "of_all"),
    ],
)
def test_a_group_bears_an_id_where_its_text_is_not_told_in_ascii(texts, name):
    assert group_of("of", *texts) == name


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        ([("a", "1"), ("b", "2")], ["a", "b"]),
        ([("a", "1"), ("A", "2")], ["a_1", "A_2"]),
        ([("web", "1")], ["web_1"]),
        # The third is called as the first will be, and does not get that name.
        ([("a", "1"), ("a", "2"), ("a_1", "3")], ["a_1", "a_2", "a_1_3"]),
        ([("a", "1"), ("a", "1")], ["a_1", "a_1_1"]),
    ],
)
def test_no_two_hosts_have_one_name(wanted, names):
    assert told_apart(wanted, lambda name, _id: name == "web") == names
