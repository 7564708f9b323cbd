# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Markup for pages, escaped in one place."""

from __future__ import annotations

import html

from .._openapi.text import printable


class Markup(str):
    """Text that is markup already. Only :func:`tag` and :func:`joined` make it; any other text is escaped."""

    __slots__ = ()


def markup(value: object, longest: int = 300) -> Markup:
    """``value`` as it is when it is markup, else as text to read: control and format characters visible, cut to ``longest``."""
    return value if isinstance(value, Markup) else Markup(html.escape(printable(value, longest), quote=True))


def joined(*parts: object) -> Markup:
    return Markup("".join(map(markup, parts)))


def tag(name: str, /, *content: object, **attributes: object) -> Markup:
    """An element. ``class_`` is the attribute class, ``data_label`` is data-label; an attribute that is None is left out."""
    given = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{markup(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    return Markup(f"<{name}{given}>{joined(*content)}</{name}>")


def text_block(text: str) -> Markup:
    """Lines of our own making, whole; what is not printable in them stands escaped already."""
    return Markup("\n".join(html.escape(printable(line, len(line))) for line in text.splitlines()))
