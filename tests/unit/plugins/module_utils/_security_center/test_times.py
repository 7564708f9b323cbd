# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.errors import OptionError
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.times import (
    from_service_text,
    iso,
    parse_duration,
    parse_time,
    service_text,
)

_NINE_UTC = 1795338000000  # 2026-11-22T09:00:00Z


@pytest.mark.parametrize(
    ("milliseconds", "shown"),
    [
        (_NINE_UTC, "2026-11-22T09:00:00Z"),
        (_NINE_UTC + 999, "2026-11-22T09:00:00Z"),
        (0, "1970-01-01T00:00:00Z"),
        (253402300799999, "9999-12-31T23:59:59Z"),
        (253402300800000, None),
        (-1, None),
        (None, None),
    ],
)
def test_a_time_is_shown_in_utc(milliseconds, shown):
    assert iso(milliseconds) == shown


def test_the_services_texts_are_utc_plus_8_there_and_back():
    assert service_text(_NINE_UTC) == "2026-11-22 17:00:00"
    assert from_service_text("2026-11-22 17:00:00") == _NINE_UTC


@pytest.mark.parametrize("text", [None, "", "2026-11-22", "2026-11-22T17:00:00", "2026-02-30 00:00:00", 5, ["x"]])
def test_what_is_no_time_of_the_service_is_none(text):
    assert from_service_text(text) is None


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [
        ("2026-11-22T09:00:00Z", _NINE_UTC),
        ("2026-11-22T09:00:00z", _NINE_UTC),
        ("2026-11-22T17:00:00+08:00", _NINE_UTC),
        ("2026-11-22 04:00:00-05:00", _NINE_UTC),
        (" 2026-11-22T09:00:00Z ", _NINE_UTC),
        (str(_NINE_UTC), _NINE_UTC),
        ("100000000000", 100000000000),
    ],
)
def test_a_time_that_a_user_gives(text, milliseconds):
    assert parse_time("time_start", text) == milliseconds


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("2026-11-22T09:00:00", "has no time zone: add Z for UTC or an offset such as +08:00"),
        ("2026-11-22", "has no time zone"),
        ("yesterday", "is not a time: give ISO 8601 with a zone, such as 2026-11-22T09:00:00Z"),
        ("2026-13-01T00:00:00Z", "is not a time"),
        ("1795338000", "is not a time in milliseconds since 1970: it has 12 or 13 digits"),
        ("9" * 30, "is not a time in milliseconds"),
        ("١٧٩٥٣٣٨٠٠٠٠٠٠", "is not a time"),
        ("9999-12-31T23:59:59Z", "is out of range"),  # has no form in the service's zone
        ("0001-01-01T00:00:00+23:59", "is out of range"),
        ("1969-12-31T23:59:59Z", "is out of range"),
    ],
)
def test_a_time_that_would_have_to_be_guessed_is_refused(text, why):
    with pytest.raises(OptionError) as caught:
        parse_time("time_start", text)
    assert str(caught.value).startswith(f"time_start {text} {why}")


@pytest.mark.parametrize("text", ["", " "])
def test_an_empty_time_is_told(text):
    with pytest.raises(OptionError) as caught:
        parse_time("time_start", text)
    assert str(caught.value) == "time_start is empty: give a time, or remove it"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("1s", 1), ("30m", 1800), ("6h", 21600), ("7d", 604800), ("2w", 1209600), ("1h30m", 5400), ("007d", 604800)],
)
def test_a_duration(text, seconds):
    assert parse_duration("expire_in", text) == seconds * 1000


@pytest.mark.parametrize(
    ("text", "why"),
    [
        *((text, "is not a duration: give digits and a unit") for text in ("", "6", "h", "6 h", "-6h", "6H", "1.5h", "6h ", "٦h")),
        ("1234567890s", "is not a duration"),
        ("0s", "is out of range"),
        ("36501d", "is out of range"),
    ],
)
def test_a_duration_that_is_none_is_refused(text, why):
    with pytest.raises(OptionError) as caught:
        parse_duration("expire_in", text)
    assert str(caught.value).startswith(f"expire_in {text} {why}")
