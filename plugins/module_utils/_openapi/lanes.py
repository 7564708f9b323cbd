# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Work done in several threads, its ends taken one by one in the thread that asked for it."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any, Callable, NamedTuple, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class End(NamedTuple):
    """How a piece of work ended: ``tag`` as it was given, and its result or what it raised."""

    tag: Any
    result: Any
    error: BaseException | None


class Lanes:
    """Lanes of work: in each at most ``width`` pieces at once, and none waits for another lane.

    The threads end with the program, whatever they are doing: a run that is stopped waits for nothing.
    """

    def __init__(self, width: int) -> None:
        self._width = width
        self._ended: SimpleQueue[tuple[str | None, End]] = SimpleQueue()
        self._lanes: dict[str, SimpleQueue[tuple[Any, Callable[[], Any]] | None]] = {}
        self._threads: dict[str, int] = {}
        self._open: dict[str, int] = {}

    def start(self, lane: str, tag: Any, work: Callable[[], Any]) -> None:
        """Have ``work()`` done; ``tag`` comes back with its end."""
        waiting = self._lanes.setdefault(lane, SimpleQueue())
        self._open[lane] = self.open(lane) + 1
        waiting.put((tag, work))
        if self._threads.get(lane, 0) < min(self._width, self._open[lane]):
            self._threads[lane] = self._threads.get(lane, 0) + 1
            threading.Thread(target=self._run, args=(lane, waiting), daemon=True).start()

    def tell(self, tag: Any, result: Any) -> None:
        """Hand over a part of the result from within a piece of work: it comes as an end of its own."""
        self._ended.put((None, End(tag, result, None)))

    def open(self, lane: str) -> int:
        """How many pieces of work of a lane have not ended, or whose end was not taken yet."""
        return self._open.get(lane, 0)

    def next_end(self, timeout: float | None = None) -> End | None:
        """The next end in any lane; None when there is none within ``timeout`` seconds."""
        try:
            lane, end = self._ended.get(timeout=timeout)
        except Empty:
            return None
        if lane is not None:
            self._open[lane] -= 1
        return end

    def close(self) -> None:
        """Start nothing more: what waits in a lane is dropped, what is under way ends unseen."""
        for lane, waiting in self._lanes.items():
            with suppress(Empty):
                while True:
                    waiting.get_nowait()
            for _thread in range(self._threads[lane]):
                waiting.put(None)

    def _run(self, lane: str, waiting: SimpleQueue[tuple[Any, Callable[[], Any]] | None]) -> None:
        while (piece := waiting.get()) is not None:
            tag, work = piece
            try:
                end = End(tag, work(), None)
            except BaseException as error:
                end = End(tag, None, error)
            self._ended.put((lane, end))


def at_once(width: int, work: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
    """``work(item)`` for each of ``items``, ``width`` at a time, in their order. Raises what the first failure raised."""
    if len(items) <= 1:
        return [work(item) for item in items]
    lanes = Lanes(width)
    results: dict[int, Result] = {}
    try:
        for place, item in enumerate(items):
            lanes.start("", place, partial(work, item))
        while len(results) < len(items):
            end = lanes.next_end()
            if end is None:
                continue
            if end.error is not None:
                raise end.error
            results[end.tag] = end.result
    finally:
        lanes.close()
    return [results[place] for place in range(len(items))]
