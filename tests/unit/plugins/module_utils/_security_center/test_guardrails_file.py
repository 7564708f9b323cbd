# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.errors import OptionError
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.guardrails import from_options
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.guardrails_file import (
    VARIABLE,
    read_files,
)

pytest.importorskip("yaml", reason="guard rails files need PyYAML, as they tell who gives one")


@pytest.fixture
def write(tmp_path):
    def _write(name: str, content: bytes) -> str:
        path = tmp_path / name
        path.write_bytes(content)
        return str(path)

    return _write


def test_the_file_of_the_option_and_that_of_the_environment_both_hold(write):
    one, other = write("one.yml", b"max_events: 5\n"), write("other.yml", b"never_block: [192.0.2.1]\n")
    files = read_files(one, {VARIABLE: other})
    assert files == [(one, {"max_events": 5}), (other, {"never_block": ["192.0.2.1"]})]


@pytest.mark.parametrize(("option", "environ", "count"), [(True, True, 1), (True, False, 1), (False, True, 1), (False, False, 0)])
def test_a_file_is_read_once_from_wherever_it_is_named(write, option, environ, count):
    path = write("rails.yml", b"max_events: 5\n")
    assert read_files(path if option else None, {VARIABLE: path} if environ else {}) == [(path, {"max_events": 5})] * count


def test_nothing_in_a_file_is_a_template(write):
    (read,) = read_files(write("rails.yml", b"protected_assets: [{name: '{{ lookup(1) }}'}]"), {})
    assert read[1] == {"protected_assets": [{"name": "{{ lookup(1) }}"}]}


def test_a_number_that_yaml_takes_for_another_one_is_read_as_it_is_written(write):
    content = b"protected_assets: [{account: 0123}, {uuid: 12:30}, {account: 123}]\nmax_events: 0x" + b"f" * 6000
    ((_name, read),) = read_files(write("rails.yml", content), {})
    assert read["protected_assets"] == [{"account": "0123"}, {"uuid": "12:30"}, {"account": 123}]
    with pytest.raises(OptionError, match=r"max_events 0xf{20}.* is not a count"):
        from_options({}, [("rails.yml", read)])


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"max_events: [", "is not valid YAML, nothing is done without it: "),
        (b"max_events: 1\nmax_events: 2\n", "is not valid YAML, nothing is done without it: the key max_events is given twice"),
        (b"protected_assets:\n  - {uuid: a, uuid: b}\n", "is not valid YAML, nothing is done without it: the key uuid is given twice"),
        (b"max_events: !!python/object/apply:os.getpid []", "is not valid YAML"),
        (b"max_events: 1\n---\nmax_events: 2\n", "is not valid YAML"),
        (b"\xff\xfe\xfd", "is not valid YAML"),
        (b"? [a, b]\n: 1\n", "is not valid YAML"),
        (b"? {a: b}\n: 1\n", "is not valid YAML"),
        (b"[" * 1500, "is not valid YAML"),
        (b"<<: 1", "is not valid YAML"),
        (b"a: 2026-13-45", "is not valid YAML"),
        (b"a: !!bool maybe", "is not valid YAML"),
        (b"a: !!timestamp maybe", "is not valid YAML"),
        (b"=: 1\n<<: [1]", "is not valid YAML"),
        (b"a: &a [*a]", "is not valid YAML, nothing is done without it: it has more than 100000 values, or they are nested"),
        (b"a: !!set {b}", "is not valid YAML, nothing is done without it: the tag tag:yaml.org,2002:set in line 1 is not known"),
        (b"a: 1\n" + b"#" * 1_000_000, "is larger than 1000000 bytes: nothing is done without it"),
    ],
    ids=lambda value: repr(value)[:40],
)  # fmt: skip
def test_a_file_that_is_no_yaml_is_never_taken_as_absent(write, content, why):
    path = write("rails.yml", content)
    with pytest.raises(OptionError) as caught:
        read_files(path, {})
    assert str(caught.value).startswith(f"guardrails_file {path} {why}")
    assert "\n" not in str(caught.value)


def test_a_small_file_that_stands_for_a_huge_one_is_refused(write):
    """Billion laughs: each line stands for ten of the line before."""
    lines = [b"a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    lines += [b"a%d: &a%d [%s]" % (n, n, b", ".join([b"*a%d" % (n - 1)] * 10)) for n in range(1, 10)]
    with pytest.raises(OptionError, match="it has more than 100000 values"):
        read_files(write("rails.yml", b"\n".join(lines)), {})


def test_an_alias_is_what_it_stands_for(write):
    (read,) = read_files(write("rails.yml", b"never_block: &own [192.0.2.1]\nother: *own\n"), {})
    assert read[1] == {"never_block": ["192.0.2.1"], "other": ["192.0.2.1"]}


@pytest.mark.parametrize(("name", "why"), [("absent.yml", "No such file or directory"), ("", "Is a directory")])
def test_a_file_that_can_not_be_read_is_never_taken_as_absent(tmp_path, name, why):
    path = str(tmp_path / name)
    with pytest.raises(OptionError) as caught:
        read_files(None, {VARIABLE: path})
    assert str(caught.value) == f"guardrails_file {path} can't be read ({why}): nothing is done without it"


@pytest.mark.parametrize("empty", ["", " "])
def test_a_variable_that_names_no_file_is_told(empty):
    with pytest.raises(OptionError) as caught:
        read_files(None, {VARIABLE: empty})
    told = "the environment variable SECURITY_CENTER_GUARDRAILS is set but empty: name the guard rails file, or unset it"
    assert str(caught.value) == told


def test_a_path_with_a_null_byte_is_told(tmp_path):
    with pytest.raises(OptionError):
        read_files(f"{tmp_path}/a\x00b", {})


@pytest.mark.parametrize("option", ["", " "])
def test_an_option_that_came_out_empty_is_refused(option):
    with pytest.raises(OptionError, match="guardrails_file is empty"):
        read_files(option, {})
