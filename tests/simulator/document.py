# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Dataclasses to and from plain documents (what YAML and JSON can hold), with a place name in every complaint."""

from __future__ import annotations

import dataclasses
import functools
import types
import typing
from typing import Any, TypeVar

T = TypeVar("T")


def to_document(record: Any) -> Any:
    """A dataclass as a dict, without the fields that hold their default: what stays is what says something."""
    if dataclasses.is_dataclass(record):
        kind: Any = type(record)
        document = {}
        for field in _fields(kind):
            value = getattr(record, field.name)
            if value != _default(field):
                document[field.name] = to_document(value)
        return document
    if isinstance(record, list):
        return [to_document(item) for item in record]
    return dict(record) if isinstance(record, dict) else record


def from_document(cls: type[T], document: Any, place: str = "document") -> T:
    """A ``cls`` out of a dict; ValueError names the place of an unknown or missing key or a value of another type."""
    if not isinstance(document, dict):
        raise ValueError(f"{place}: must be a mapping, not {document!r}")
    kind: Any = cls
    fields = {field.name: field for field in _fields(kind)}
    unknown = sorted(str(key) for key in document if key not in fields)
    if unknown:
        raise ValueError(f"{place}: unknown key {', '.join(unknown)} (known: {', '.join(fields)})")
    missing = [name for name, field in fields.items() if name not in document and _required(field)]
    if missing:
        raise ValueError(f"{place}: missing {', '.join(missing)}")
    hints = _hints(kind)
    return cls(**{key: _value(hints[key], value, f"{place}.{key}") for key, value in document.items()})


def _value(hint: Any, value: Any, place: str) -> Any:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is types.UnionType:
        if value is None and type(None) in arguments:
            return None
        return _value(next(choice for choice in arguments if choice is not type(None)), value, place)
    if dataclasses.is_dataclass(hint):
        return from_document(typing.cast(type, hint), value, place)
    if origin is list and isinstance(value, list):
        return [_value(arguments[0], item, f"{place}[{number}]") for number, item in enumerate(value)]
    if origin is dict and isinstance(value, dict):
        keyed = {_value(arguments[0], key, place): item for key, item in value.items()}
        return {key: _value(arguments[1], item, f"{place}.{key}") for key, item in keyed.items()}
    if hint is float and value.__class__ is int:
        return float(value)
    if value.__class__ is not (origin or hint):  # exactly: a bool is an int to isinstance
        raise ValueError(f"{place}: must be of type {getattr(origin or hint, '__name__', hint)}, not {value!r}")
    return value


@functools.cache
def _fields(cls: Any) -> tuple[dataclasses.Field[Any], ...]:
    return tuple(field for field in dataclasses.fields(cls) if field.metadata.get("document", True))


@functools.cache
def _hints(cls: Any) -> dict[str, Any]:
    return typing.get_type_hints(cls)


def _required(field: dataclasses.Field[Any]) -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


def _default(field: dataclasses.Field[Any]) -> Any:
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return field.default
