# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Charts as inline SVG. Each bar has its name and its number beside it: nothing is told by colour alone."""

from __future__ import annotations

from collections.abc import Sequence

from .response_markup import Markup, joined, tag

_WIDTH = 360  # of the drawing, in its own units: about as many pixels as a chart has on a page
_ROW = 30
_LABEL = 118
_VALUE = 44
_COLUMNS_HEIGHT = 150

Bar = tuple[str, int, str]  # its label, its value, its class


def bars(name: str, title: str, described: str, rows: Sequence[Bar]) -> Markup:
    """Horizontal bars. ``name`` is an id of the page, ``described`` says the same as the drawing in a sentence."""
    most = max([1, *(value for _label, value, _class in rows)])
    room = _WIDTH - _LABEL - _VALUE
    drawn = []
    for place, (label, value, class_) in enumerate(rows):
        top = place * _ROW
        width = max(3 if value else 0, round(room * value / most))
        drawn += [
            tag("text", label, x=_LABEL - 10, y=top + 20, text_anchor="end", class_="label"),
            tag("rect", x=_LABEL, y=top + 5, width=room, height=20, rx=4, class_="track"),
            tag("rect", x=_LABEL, y=top + 5, width=width, height=20, rx=4, class_=f"bar {class_}"),
            tag("text", f"{value:,}", x=_WIDTH - 2, y=top + 20, text_anchor="end", class_="value"),
        ]
    return _drawing(name, title, described, len(rows) * _ROW, drawn)


def columns(name: str, title: str, described: str, rows: Sequence[tuple[str, int]]) -> Markup:
    """Upright columns with their labels below, as a histogram has them."""
    most = max([1, *(value for _label, value in rows)])
    step = _WIDTH / max(1, len(rows))
    room = _COLUMNS_HEIGHT - 44
    drawn = [tag("rect", x=0, y=_COLUMNS_HEIGHT - 23, width=_WIDTH, height=1, class_="axis")]
    for place, (label, value) in enumerate(rows):
        middle = round((place + 0.5) * step)
        height = max(3 if value else 0, round(room * value / most))
        top = _COLUMNS_HEIGHT - 23 - height
        drawn += [
            tag("rect", x=middle - 16, y=top, width=32, height=height, rx=3, class_="bar time"),
            tag("text", f"{value:,}", x=middle, y=top - 7, text_anchor="middle", class_="value"),
            tag("text", label, x=middle, y=_COLUMNS_HEIGHT - 5, text_anchor="middle", class_="label small"),
        ]
    return _drawing(name, title, described, _COLUMNS_HEIGHT, drawn)


def _drawing(name: str, title: str, described: str, height: int, drawn: Sequence[Markup]) -> Markup:
    about = joined(tag("title", title, id=f"{name}-title"), tag("desc", described, id=f"{name}-desc"))
    box = f"0 0 {_WIDTH} {height}"
    ids = f"{name}-title {name}-desc"
    return tag("svg", about, *drawn, viewBox=box, role="img", aria_labelledby=ids)
