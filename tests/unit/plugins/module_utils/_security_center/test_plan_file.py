# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import hashlib
import json
import random
import zlib
from pathlib import Path

import pytest

from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.errors import OptionError
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center import plan_file
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.plan_file import (
    check_plan_id,
    new_id,
    packed,
    read_plan,
    saved_plan,
    sealed,
    signing_key,
    write_plan,
)

KEY = b"sixteen or more characters"
ABOUT = {
    "plan_id": "20261122T090000Z-1a2b3c4d",
    "created_stamp": 1,
    "valid_until": "2026-11-22T10:00:00Z",
    "valid_until_stamp": 2,
    "endpoint": "https://example.com",
    "policy_digest": "0",
    "rules": [{"name": "one", "approval": False, "operation_code": "ignore", "count": 1}],
}
LINE = {"security_event_id": "1", "event_ids": ["1"], "steps": [], "approval": False, "seen": {}, "alert": {}, "rule": "one"}


@pytest.mark.parametrize("key", [KEY, None])
def test_what_is_sealed_can_be_read(key):
    lines = [LINE, {**LINE, "security_event_id": "2"}]
    content, digest = sealed(ABOUT, lines, key)
    plan = read_plan("plan_file x", content, key)
    assert (plan.about, plan.alerts, plan.digest, plan.signed) == (ABOUT, lines, digest, key is not None)
    assert content.isascii() and hashlib.sha256(content.partition(b"\n")[2]).hexdigest() == digest


def test_no_byte_of_a_signed_plan_can_be_changed():
    content, _digest = sealed(ABOUT, [LINE], KEY)
    chance = random.Random(5)
    for _attempt in range(500):
        place = chance.randrange(content.index(b"\n") + 1, len(content))
        other = bytes([chance.choice([one for one in range(256) if one != content[place]])])
        with pytest.raises(OptionError, match="plan_file x"):
            read_plan("plan_file x", content[:place] + other + content[place + 1 :], KEY)


def test_a_plan_can_be_changed_with_its_digest_but_not_with_its_signature():
    """Whoever can write to the directory can make a digest: the key is what nobody else has."""
    content, _digest = sealed(ABOUT, [LINE], KEY)
    head, _newline, _body = content.partition(b"\n")
    forged, _digest = sealed(ABOUT, [{**LINE, "rule": "another"}], None)
    forged_head, _newline, forged_body = forged.partition(b"\n")
    head_of_both = {**json.loads(forged_head), "signature": json.loads(head)["signature"]}
    both = json.dumps(head_of_both).encode() + b"\n" + forged_body
    with pytest.raises(OptionError, match="signed with another key than SECURITY_CENTER_PLAN_KEY, or was edited"):
        read_plan("plan_file x", both, KEY)
    with pytest.raises(OptionError, match="is not signed, and SECURITY_CENTER_PLAN_KEY is set"):
        read_plan("plan_file x", forged, KEY)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "is not a plan"),
        (b"[]\n", "is not a plan"),
        (b"\xff\xfe\n", "is not a plan"),
        (b'{"security_event_plan": 2}\n', "another version"),
        (b'{"security_event_plan": 1, "digest": "0"}\n', "was edited, or is not whole"),
        (sealed(ABOUT, [LINE], None)[0][:-5], "was edited, or is not whole"),
        (sealed({**ABOUT, "plan_id": "../x"}, [], None)[0], "is not a plan"),
        (sealed({**ABOUT, "valid_until_stamp": "later"}, [], None)[0], "is not a plan"),
        (sealed(ABOUT, [{**LINE, "steps": None}], None)[0], "is not a plan"),
        (sealed(ABOUT, [{}], None)[0], "is not a plan"),
    ],
)
def test_what_is_no_plan_is_told(content, told):
    with pytest.raises(OptionError, match=f"plan_file x .*{told}"):
        read_plan("plan_file x", content, None)


def test_a_plan_that_was_renamed_is_refused(tmp_path: Path):
    content, _digest = sealed(ABOUT, [], None)
    other = "20261122T090001Z-1a2b3c4d"
    write_plan(str(tmp_path), other, content)
    with pytest.raises(OptionError, match=f"holds the plan {ABOUT['plan_id']}: it was renamed"):
        saved_plan({"plan_id": other, "plan_directory": str(tmp_path)}, {})


def test_a_bomb_is_no_plan(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(plan_file, "_LARGEST", 1000)
    bomb = base64.b64encode(zlib.compress(b"\0" * 100_000)).decode()
    with pytest.raises(OptionError, match="too large to be a plan"):
        saved_plan({"packed": bomb}, {})


@pytest.mark.parametrize("text", ["", "%", "AAAA", packed(b"abc")[:-4]])
def test_what_was_not_packed_is_told(text):
    with pytest.raises(OptionError, match="packed"):
        saved_plan({"packed": text}, {})


def test_a_key_that_is_too_short_signs_nothing():
    assert signing_key({}) is None
    assert signing_key({"SECURITY_CENTER_PLAN_KEY": "sixteen characte"}) == b"sixteen characte"
    for short in ("", "fifteen charact"):
        with pytest.raises(OptionError, match="too short to sign plans") as failure:
            signing_key({"SECURITY_CENTER_PLAN_KEY": short})
        assert not short or short not in str(failure.value)


def test_an_id_is_a_safe_name():
    one = new_id("2026-11-22T09:00:00Z")
    assert check_plan_id("plan_id", one) == one and one.startswith("20261122T090000Z-")
    for wrong in ("", "x", f"{one}/..", f"../{one}", f"{one}\n"):
        with pytest.raises(OptionError, match=r"plan_id .*is not a plan's id"):
            check_plan_id("plan_id", wrong)


def test_a_directory_that_is_not_there_is_told(tmp_path: Path):
    with pytest.raises(OptionError, match=r"plan_directory .*none can't be written to: No such file or directory"):
        write_plan(str(tmp_path / "none"), "x", b"")
    assert not list(tmp_path.iterdir())
