# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import csv
import io

import pytest

from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.response_csv import (
    COLUMNS,
    cell,
    csv_of,
)

# Known ways to have a spreadsheet calculate: https://owasp.org/www-community/attacks/CSV_Injection and its relatives.
TRICKS = [
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(1,1)",
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("http://127.0.0.1/?"&A1,"click")',
    '=IMPORTXML(CONCAT("http://127.0.0.1/", A1), "//a")',
    "=DDE('cmd';'/C calc';'x')",
    " =1+1",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "\u00a0=1+1",
    "\u3000=1+1",
    "\u200b=1+1",
    "\ufeff=1+1",
    "\x00=1+1",
    "\uff1d1+1",
    "\uff0b1",
    "\uff0d1",
    "\uff20SUM(1)",
    '"=1+1',
    '"",=1+1',
    "'=1+1",
    "x,=1+1",
    "x;=1+1",
    'x";"=1+1',
    "x|=1+1",
    "x\t=1+1",
    "a\r\n=1+1",
    "a\n\"=1+1",
    "\\=1+1\n@x",
]
_STARTS = tuple("=+-@\uff1d\uff0b\uff0d\uff20\t\r\n")


def _cells(line: str, separator: str) -> list[str]:
    """What a reader with that separator makes of a line, with and without quoting."""
    quoted = next(csv.reader([line], delimiter=separator), [])
    return [*quoted, *line.split(separator)]


@pytest.mark.parametrize("trick", TRICKS, ids=ascii)
@pytest.mark.parametrize("separator", [",", ";", "|", "\t"], ids=["comma", "semicolon", "bar", "tab"])
def test_no_cell_begins_a_formula_whatever_separates_cells(trick, separator):
    line = f"{cell('10001')},{cell(trick)},{cell('end')}"
    assert len(line.splitlines()) == 1
    for found in _cells(line, separator):
        assert not found.lstrip("\"' \u00a0\u3000").startswith(_STARTS) or found.lstrip('" ').startswith("'"), found


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("plain", '"plain"'),
        ('say "hi"', '"say ""hi"""'),
        ("=1", "\"'=1\""),
        ("a\nb", '"a\\nb"'),
        (None, '""'),
        ("", '""'),
        (False, '"false"'),
        (-5, '"-5"'),
        (["198.51.100.1", "=x"], '"198.51.100.1 =x"'),
        ({"a": "b"}, '"{""a"": ""b""}"'),
        ("nmap -sn 10.0.2.0/24", '"nmap -sn 10.0.2.0/24"'),
        ("\ud800", '"\\ud800"'),
    ],
)
def test_a_cell_is_quoted_text_in_one_line(value, told):
    assert cell(value) == told


@pytest.mark.parametrize("text", ["A", "\x01", "\U000e0041", ",=", '"'], ids=ascii)
def test_a_cell_is_no_longer_than_a_spreadsheet_holds(text):
    (told,) = next(csv.reader([cell(text * 1_000_000)], strict=True))
    assert len(told) < 32_767


def test_the_table_is_what_rfc_4180_says_with_the_mark_of_utf_8():
    row = dict.fromkeys(COLUMNS, 'a "b", c')
    text = csv_of([row, {}])
    assert text.startswith("\ufeff") and text.endswith("\r\n")
    read = list(csv.reader(io.StringIO(text[1:], newline=""), strict=True))
    assert read == [list(COLUMNS), ['a "b", c'] * len(COLUMNS), [""] * len(COLUMNS)]
