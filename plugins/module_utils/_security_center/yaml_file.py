# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""YAML files of the user's, read by the module itself, so that nothing in them is ever a template."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from .._openapi.errors import OptionError
from .._openapi.text import printable

Path = tuple[Any, ...]  # the keys and places that lead to a value, such as (2, "match", "levels")

_LARGEST = 1_000_000  # bytes
_MOST, _DEEPEST = 100_000, 50  # values, and how deep they are nested: an alias may stand for many, or for itself
# Any other number is taken as the text that it is written as: 0123 is 83 to YAML, and would name another server or account.
_PLAIN_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,99})")


class Document(NamedTuple):
    """What a file holds, and the line in which each value of it begins."""

    content: Any
    lines: Mapping[Path, int]


class _NotReadable(Exception):
    """What is wrong with a file, in words that follow ``it is not valid YAML:``."""


def read_yaml(name: str, path: str) -> Document:
    """The one document in the file at ``path``. Raises :class:`OptionError` that calls the file ``name``.

    A key that is given twice is refused, where YAML would quietly take the last one; merge keys are too.
    """
    try:
        import yaml
    except ImportError as error:
        raise OptionError(f"{name} needs PyYAML in the Python that runs the module: install it there") from error
    try:
        with open(path, "rb") as stream:
            read = stream.read(_LARGEST + 1)
    except OSError as error:
        raise OptionError(f"{name} can't be read ({error.strerror}): nothing is done without it") from error
    except ValueError as error:  # no file has such a name
        raise OptionError(f"{name} can't be read ({error}): nothing is done without it") from error
    if len(read) > _LARGEST:
        raise OptionError(f"{name} is larger than {_LARGEST} bytes: nothing is done without it")
    try:
        loader = yaml.SafeLoader(read.decode("utf-8"))
        return _document(loader, loader.get_single_node())
    except Exception as error:  # PyYAML lets a scalar that is not of its type end in whatever Python raises
        raise OptionError(
            f"{name} is not valid YAML, nothing is done without it: {printable(' '.join(str(error).split()))}"
        ) from error


def _document(loader: Any, root: Any) -> Document:
    """The content of a tree of YAML's nodes, in which an alias is the very node that it stands for."""
    lines: dict[Path, int] = {}

    def content(node: Any, path: Path) -> Any:
        if len(lines) >= _MOST or len(path) > _DEEPEST:
            raise _NotReadable(f"it has more than {_MOST} values, or they are nested deeper than {_DEEPEST}")
        lines[path] = _line(node)
        kind = node.tag.rpartition(":")[2]
        if node.id == "sequence" and kind == "seq":
            return [content(child, (*path, place)) for place, child in enumerate(node.value)]
        if node.id == "mapping" and kind == "map":
            return mapping(node, path)
        if node.id == "scalar":
            return scalar(node)
        raise _NotReadable(f"the tag {node.tag} in line {_line(node)} is not known")

    def scalar(node: Any) -> Any:
        if node.tag.endswith(":int") and not _PLAIN_NUMBER.fullmatch(node.value):
            return str(node.value)
        return loader.construct_object(node)

    def mapping(node: Any, path: Path) -> dict[Any, Any]:
        made: dict[Any, Any] = {}
        for key_node, value_node in node.value:
            if key_node.id != "scalar" or key_node.tag.endswith(":merge"):
                raise _NotReadable(f"line {_line(key_node)} has a key that is no text: write each key as a word")
            key = scalar(key_node)
            if key in made:
                raise _NotReadable(f"the key {key} is given twice in line {_line(key_node)}")
            here = (*path, key)
            made[key] = content(value_node, here)
            lines[here] = _line(key_node)
        return made

    return Document(None if root is None else content(root, ()), lines)


def _line(node: Any) -> int:
    return int(node.start_mark.line) + 1
