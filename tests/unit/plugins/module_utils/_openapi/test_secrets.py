# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from urllib.parse import quote

import pytest

from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.secrets import Hidden

_SECRET = 'a/b+c="d\\é'


@pytest.mark.parametrize(
    "form",
    [
        _SECRET,
        quote(_SECRET, safe=""),
        quote(quote(_SECRET, safe=""), safe=""),
        quote(_SECRET, safe="").lower(),
        json.dumps(_SECRET)[1:-1],
    ],
)
def test_a_secret_is_hidden_in_every_form_that_the_service_may_quote(form):
    assert Hidden((_SECRET, None))(f"signed: {form}!") == "signed: ***!"


def test_a_secret_that_is_part_of_another_leaves_no_rest():
    assert Hidden(("secret", "secret-token"))("x secret-token y secret") == "x *** y ***"


def test_what_looks_like_a_pattern_is_text():
    assert Hidden((".*", None))("a .* b") == "a *** b"
