# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The event source at work: alerts are read in threads, and handed to ansible-rulebook in its event loop."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Callable, TypeVar

from ..module_utils._openapi.errors import ApiError, SecurityCenterError
from ..module_utils._openapi.secrets import Hidden
from ..module_utils._openapi.text import clean
from ..module_utils._openapi.transport import REQUESTS_IMPORT_ERROR
from ..module_utils._security_center.checkpoint import FILE_NAME, Checkpoint, CheckpointError
from ..module_utils._security_center.event_stream import EventStream, can_heal
from ..module_utils._security_center.everywhere import Part
from ..module_utils._security_center.sessions import open_planes
from ..module_utils._security_center.times import iso
from .event_source import options_of

Result = TypeVar("Result")

_LOG = logging.getLogger("alicloud.security_center.security_events")
_LONGEST_PAUSE = 300.0
_SILENCE = 300.0  # seconds without an acknowledgement after which the log says so


async def deliver_events(queue: asyncio.Queue[Any], args: Mapping[str, Any]) -> None:
    """Put the new alerts that ``args`` (the options of the event source) ask for into ``queue``, until this is cancelled.

    Raises SecurityCenterError, with a sentence that holds no secret, for what waiting does not heal.
    """
    if REQUESTS_IMPORT_ERROR is not None:
        raise SecurityCenterError("the Python package requests is missing: install it where ansible-rulebook runs")
    options = options_of(args)
    hidden = Hidden()
    try:
        planes = open_planes(options, os.environ, hidden)
        _LOG.info("logs in by %s", planes[0].client.method)
        checkpoint = await _in_thread(lambda: Checkpoint(_checkpoint_file(options["checkpoint"])))
        try:
            delivery = _Delivery(queue, options, hidden)
            await delivery.run(EventStream(planes, options, checkpoint, delivery.hand_over, delivery.tell))
        finally:
            checkpoint.close()
    except SecurityCenterError as error:
        # What ends a source is logged by ansible-rulebook, with its cause.
        raise SecurityCenterError(clean(hidden(str(error)))) from None


def _checkpoint_file(given: str | None) -> str | None:
    if given is None:
        _LOG.warning("no checkpoint: the place is kept in memory, and a restart begins as start says")
        return None
    return str(Path(given, FILE_NAME)) if os.path.isdir(given) else given


class _Stopped(Exception):
    """Nobody waits any more for what a thread does."""


class _Delivery:
    """From the threads that read to the queue of the event loop. One event is under way at a time."""

    def __init__(self, queue: asyncio.Queue[Any], options: Mapping[str, Any], hidden: Hidden) -> None:
        self._queue = queue
        self._feedback = options["eda_feedback_queue"] if options["feedback"] else None
        self._interval = options["interval"]
        self._heartbeat = options["heartbeat"]
        self._single = options.get("accounts") is None
        self._hidden = hidden
        self._loop = asyncio.get_running_loop()
        self._turn = asyncio.Lock()
        self._stopped = False
        self._putting: set[asyncio.Task[Any] | None] = set()
        self._delivered = 0
        self._last_read: float | None = None
        self._logged_in = False
        self._problems: dict[str, str] = {}

    def tell(self, sentence: str) -> None:
        """A line in the log."""
        _LOG.warning("%s", clean(self._hidden(sentence)))

    def hand_over(self, events: Sequence[dict[str, Any]]) -> Iterator[int]:
        """Put ``events`` into the queue from a thread; yields how many more of them may be remembered as delivered."""
        if self._stopped:  # and its loop perhaps closed
            raise _Stopped
        told: SimpleQueue[BaseException | None] = SimpleQueue()
        asyncio.run_coroutine_threadsafe(self._put_all(events, told), self._loop)
        left = len(events)
        while left:
            ends = [told.get(), *(told.get_nowait() for _number in range(told.qsize()))]
            count = ends.count(None)
            left -= count
            self._delivered += count
            yield count
            for failure in filter(None, ends):
                raise _Stopped if isinstance(failure, asyncio.CancelledError) else failure

    async def run(self, stream: EventStream) -> None:
        """Read and deliver until this is cancelled, or what waiting does not heal is raised."""
        tasks = [asyncio.create_task(self._read_for_ever(stream))]
        if self._heartbeat:
            tasks.append(asyncio.create_task(self._beat()))
        try:
            ended, _others = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in ended:
                task.result()
        finally:
            self._stopped = True
            for task in (*tasks, *self._putting):
                task.cancel()

    async def _put_all(self, events: Sequence[dict[str, Any]], told: SimpleQueue[BaseException | None]) -> None:
        """Put ``events``; ``told`` gets None for each that is delivered, or what was raised."""
        task = asyncio.current_task()
        self._putting.add(task)
        try:
            for event in events:
                await self._put(event)
                told.put(None)
        except BaseException as error:
            told.put(error)
            raise
        finally:
            self._putting.discard(task)

    async def _put(self, event: dict[str, Any]) -> None:
        if self._stopped:
            raise asyncio.CancelledError
        async with self._turn:
            await self._queue.put(event)
            if self._feedback is not None:
                await self._acknowledged(event["meta"]["uuid"])
        await asyncio.sleep(0)

    async def _acknowledged(self, wanted: str) -> None:
        """Wait until ansible-rulebook has stored the event. Whatever it does: there is no later time to learn of it."""
        while True:
            try:
                event = await asyncio.wait_for(self._feedback.get(), _SILENCE)
            except asyncio.TimeoutError:
                self.tell(f"event {wanted} is not acknowledged yet: ansible-rulebook is busy, or a filter dropped it")
                continue
            if event["meta"]["uuid"] == wanted:
                return

    async def _read_for_ever(self, stream: EventStream) -> None:
        pause = 0.0
        while True:
            began = self._loop.time()
            problem = await self._read(stream)
            if problem:
                pause = min(max(2 * pause, self._interval), _LONGEST_PAUSE)
                self.tell(f"{problem} - trying again in {pause:.0f} s")
            else:
                pause = 0.0
            await asyncio.sleep(max(pause, began + self._interval - self._loop.time()))

    async def _read(self, stream: EventStream) -> str | None:
        """Read once; why nothing at all could be read, when that may heal."""
        try:
            parts = await _in_thread(stream.read)
        except CheckpointError:
            raise
        except ApiError as error:
            if not can_heal(error):
                raise
            return self._all_fails(error)
        except SecurityCenterError as error:
            if not self._logged_in:
                raise
            return self._all_fails(error)  # it could log in before
        self._logged_in |= any(not part.error for part in parts)  # one account may never be readable
        return self._judge(parts)

    def _all_fails(self, error: SecurityCenterError) -> str:
        self._problems = {"everything": str(error)}
        return str(error)

    def _judge(self, parts: list[Part]) -> str | None:
        errors = {part.named(): part.error for part in parts if part.error}
        for part in parts:
            if part.error and not can_heal(part.error) and (self._single or part.whole or part.account is None):
                raise part.error
        for name in self._problems.keys() - errors.keys():
            self.tell(f"{name} is read again")
        problems = {name: f"{name} can't be read: {error}" for name, error in errors.items()}
        new = [problem for name, problem in problems.items() if name not in self._problems]
        self._problems = problems
        if not errors:
            self._last_read = time.time()
        if len(errors) == len(parts):
            return next(iter(problems.values()), None)
        for problem in new:
            self.tell(problem)
        return None

    async def _beat(self) -> None:
        while True:
            await self._put(self._beat_now())
            await asyncio.sleep(self._heartbeat)

    def _beat_now(self) -> dict[str, Any]:
        problem = next(iter(self._problems.values()), None)
        beat = {
            "time": iso(int(time.time() * 1000)),
            "last_read": None if self._last_read is None else iso(int(self._last_read * 1000)),
            "delivered": self._delivered,
            "problem": problem and clean(self._hidden(problem)),
        }
        return {"heartbeat": beat, "meta": {"uuid": str(uuid.uuid4())}}


async def _in_thread(work: Callable[[], Result]) -> Result:
    """What ``work()`` returns, done in a thread that ends with the program: a cancelled source waits for no answer."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Result] = loop.create_future()

    def end(result: Any, error: BaseException | None) -> None:
        if not future.done():
            future.set_exception(error) if error else future.set_result(result)

    def run() -> None:
        result, failure = None, None
        try:
            result = work()
        except Exception as error:
            failure = error
        with suppress(RuntimeError):  # the loop is closed: nobody waits
            loop.call_soon_threadsafe(end, result, failure)

    threading.Thread(target=run, daemon=True).start()
    return await future
