# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from ansible_collections.alicloud.security_center.plugins.module_utils import _openapi, _security_center

# What the inner layers may import from outside: requests (with its urllib3), PyYAML where a guard rails file is read, the
# vendor's library (with what reads its files, and what silences it) where a login needs it, and of the standard library
# what costs a task little. Dataclasses are not among it: with a dozen of them every task would start 15 ms later, for they
# are made with inspect, and of source that is compiled each time.
_FOREIGN = {"requests", "urllib3", "yaml", "alibabacloud_credentials"}
_STANDARD = set(
    "ast base64 collections configparser contextlib datetime email errno fnmatch functools hashlib hmac html http io ipaddress "
    "json logging os pathlib queue random re signal socket sqlite3 textwrap threading time traceback typing unicodedata urllib uuid zlib __future__".split()
)
_FILES = [
    pytest.param(path, layer.__name__.rpartition(".")[2], id=path.stem)
    for layer in (_openapi, _security_center)
    for path in sorted(Path(layer.__file__).parent.glob("*.py"))
    if path.stem != "__init__"
]


def _imports(path: Path) -> list[tuple[int, str]]:
    """What a file imports, as (number of dots, module)."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    found = [(node.level, node.module or "") for node in nodes if isinstance(node, ast.ImportFrom)]
    return found + [(0, alias.name) for node in nodes if isinstance(node, ast.Import) for alias in node.names]


@pytest.mark.parametrize(("path", "layer"), _FILES)
def test_an_inner_layer_is_plain_python_and_calls_no_layer_above(path, layer):
    imports = _imports(path)
    outside = {module.split(".")[0] for dots, module in imports if not dots}
    assert outside <= _STANDARD | _FOREIGN
    other_layers = {module.split(".")[0] for dots, module in imports if dots == 2}
    assert other_layers <= ({"_openapi"} if layer == "_security_center" else set())
    assert max(dots for dots, _module in imports) <= 2
