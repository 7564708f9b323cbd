# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Send the batches of a plan, each alert once whatever happens to the answers."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from .._openapi.client import OpenApiClient
from .._openapi.errors import ApiError, SecurityCenterError, TooLate
from .._openapi.lanes import Lanes
from .._openapi.text import printable
from .alerts import Record, number, text
from .finding import Found
from .operations import HANDLE
from .outcomes import FAILED, UNKNOWN, Ending, Run, differs, end_all, handled_anew
from .parent import ParentGone
from .plan import FOLLOW, SEND, Batch, decide
from .report import Journal
from .rereading import read_again

if TYPE_CHECKING:
    from .following import Following

_SENDS = 3
# A call is refused whole with these, though the others of its events could be handled.
_OF_ONE_EVENT = ("SecurityEventNotExists", "ClientOffline")
# Seconds before each look at alerts whose answer was lost: longer where doing it twice is more than a mark set twice.
_LOOKS = (2.0, 4.0)
_LONG_LOOKS = (2.0, 4.0, 8.0, 16.0)
# An alert that was read longer ago, in seconds, is read again before it is sent: another run may have handled it.
FRESH = 5.0
_READ_TOGETHER = 5  # batches of 20: the alerts of a page
_MOST_CALLS = 10  # to read them again
_MOST_LATE = 3  # times that one call is put off because its alerts were read too long ago


class _Call:
    """A batch on its way. ``sends`` counts how often it was sent, ``late`` how often it was too late for that; ``error`` is
    how its answer was lost."""

    def __init__(self, batch: Batch, read_at: float, sends: int = 0, late: int = 0) -> None:
        self.batch = batch
        self.read_at = read_at
        self.sends = sends
        self.late = late
        self.error: ApiError | None = None
        self.looks: tuple[float, ...] = ()
        self.due = 0.0


class Sending:
    """Sends the batches of a run. What is not sent, and why, is in the run's endings.

    ``following`` is told what was sent, None when nobody waits for it.
    """

    def __init__(
        self, client: OpenApiClient, run: Run, lanes: Lanes, journal: Journal, following: Following | None
    ) -> None:
        self._client = client
        self._run = run
        self._lanes = lanes
        self._journal = journal
        self._following = following
        self._waiting: deque[_Call] = deque()
        self._ready: deque[_Call] = deque()
        self._lost: list[_Call] = []
        self._halted: SecurityCenterError | None = None
        self._action = run.plan.request.operation.action

    def add(self, batches: Iterable[Batch], read_at: float) -> None:
        """Take over batches whose alerts were read at ``read_at``."""
        self._waiting.extend(_Call(batch, read_at) for batch in batches)

    @property
    def halted(self) -> bool:
        """Whether nothing more will be sent, whatever comes."""
        return self._halted is not None

    @property
    def busy(self) -> bool:
        """Whether anything is still to be sent, on its way, or lost."""
        under_way = any(self._lanes.open(lane) for lane in ("send", "check", "look"))
        return bool(self._waiting or self._ready or self._lost or under_way)

    @property
    def due(self) -> float | None:
        """When the next look at lost alerts is due (of time.monotonic), or None."""
        return min((call.due for call in self._lost), default=None)

    def start_due(self) -> None:
        """Start what may start now."""
        if self._halted:
            self._drop_the_rest(self._halted)
        self._make_ready()
        while self._ready and self._may_send():
            self._send(self._ready.popleft())
        now = time.monotonic()
        for call in [call for call in self._lost if call.due <= now]:
            self._lost.remove(call)
            event_ids = call.batch.event_ids
            self._lanes.start(
                "look", partial(self._looked, call), partial(read_again, self._client, self._run, event_ids)
            )

    def _may_send(self) -> bool:
        """A call whose answer was lost keeps its place until that is cleared up: the network may be gone for good."""
        lost = len(self._lost) + self._lanes.open("look")
        return self._lanes.open("send") + lost < self._client.max_concurrency

    def _drop_the_rest(self, error: SecurityCenterError) -> None:
        code = error.code if isinstance(error, ApiError) else ""
        for call in [*self._ready, *self._waiting]:
            self._not_sent(call, error, code)
        self._ready.clear()
        self._waiting.clear()

    def _not_sent(self, call: _Call, error: SecurityCenterError, code: str = "") -> None:
        if call.sends:
            message = f"the answer to a call was lost, and it was not made again: {error}"
            end_all(self._run, call.batch.event_ids, UNKNOWN, message, code)
        else:
            end_all(self._run, call.batch.event_ids, FAILED, f"not sent: {error}", code)

    # --- before a batch is sent ---

    def _make_ready(self) -> None:
        """Take the next batches; those whose alerts were read a while ago are read again first."""
        if not self._waiting or len(self._ready) >= _READ_TOGETHER or self._lanes.open("check"):
            return
        calls = [self._waiting.popleft() for _place in range(min(_READ_TOGETHER, len(self._waiting)))]
        if time.monotonic() - min(call.read_at for call in calls) <= FRESH:
            self._ready.extend(calls)
            return
        event_ids = [event_id for call in calls for event_id in call.batch.event_ids]
        read = partial(read_again, self._client, self._run, event_ids, most_calls=_MOST_CALLS)
        self._lanes.start("check", partial(self._checked, calls, time.monotonic()), read)

    def _checked(
        self, calls: list[_Call], read_at: float, now: dict[str, Record] | None, error: BaseException | None
    ) -> list[str]:
        """Leave out what has moved since it was read first."""
        if isinstance(error, ApiError):
            self._run.note(error)
            self._halted = error
            self._ready.extend(calls)
            return []
        if error is not None:
            raise error
        run, seen = self._run, now or {}
        moved = [event_id for event_id, record in seen.items() if self._moved(event_id, record)]
        left_out = {event_id for event_id in moved if not self._decide_again(event_id, seen[event_id])}
        for event_id in set(moved) - left_out:
            run.before[event_id] = {**run.before[event_id], **seen[event_id]}
        for call in calls:
            rest = tuple(event_id for event_id in call.batch.event_ids if event_id not in left_out)
            run.blind.update(event_id for event_id in rest if event_id not in seen)
            if rest:
                self._ready.append(_Call(_part(call.batch, rest), read_at, late=call.late))
        return list(left_out)

    def _moved(self, event_id: str, record: Record) -> bool:
        """Whether an alert has moved since it was read first, and not by another of its events that this run has sent."""
        before, sent = self._run.before[event_id], self._run.endings
        return differs(before, record) and not any(other in sent for other in before["security_event_ids"])

    def _decide_again(self, event_id: str, record: Record) -> bool:
        """Whether an event whose alert has moved is sent all the same. What becomes of it otherwise is in its targets."""
        send, operation, before = False, self._run.plan.request.operation, self._run.before[event_id]
        for target in self._run.targets[event_id]:
            new = decide(operation, target.given, Found(record, target.event_ids))
            if new.decision == SEND and operation.reopens and handled_anew(operation, before, record):
                by = printable(record["operate_error_code"])
                new.refuse("OtherOperation", f"the alert is {printable(record['event_status'])} by {by} now")
            if new.decision == SEND:
                send = True
                continue
            target.decision, target.code = new.decision, new.code
            target.message = f"{new.message}, since this run began"
            if new.decision == FOLLOW and self._following:
                self._run.endings[event_id] = Ending()
                self._following.watch([event_id])
        return send

    # --- a batch is sent ---

    def _send(self, call: _Call) -> None:
        batch, run = call.batch, self._run
        self._journal({"action": self._action, "parameters": batch.parameters})
        call.sends += 1
        run.last_send = time.monotonic()
        run.sent.append(batch)
        for event_id in batch.event_ids:
            run.sent_at.setdefault(event_id, self._client.now())
        run.endings.update((event_id, Ending()) for event_id in batch.event_ids)
        subject = ", ".join(batch.event_ids)
        not_after = call.read_at + FRESH if call.late < _MOST_LATE else None
        run.blind.update(() if not_after else batch.event_ids)
        work = partial(
            self._client.call, self._action, batch.parameters, write=True, subject=subject, not_after=not_after
        )
        self._lanes.start("send", partial(self._sent, call), work)

    def _sent(self, call: _Call, answer: dict[str, Any] | None, error: BaseException | None) -> Iterable[str]:
        run, batch = self._run, call.batch
        run.last_send = time.monotonic()
        if answer is not None:
            self._note_task(batch, answer)
        elif isinstance(error, ApiError):
            if not self._of_one_event(error) or len(batch.event_ids) == 1:
                run.note(error)
            self._journal({"action": self._action, "error": error.as_dict()})
            if error.maybe_done:
                call.error = error
                self._look_later(call, _LOOKS if run.plan.request.operation.marks else _LONG_LOOKS)
            else:
                run.sent.remove(batch)
                self._refused(call, error)
        elif isinstance(error, TooLate):
            run.sent.remove(batch)
            call.sends, call.late = call.sends - 1, call.late + 1
            self._read_first(call)
        elif isinstance(error, ParentGone):
            run.sent.remove(batch)
            run.abandoned, self._halted = True, error
            call.sends -= 1
            self._not_sent(call, error)
        elif error is not None:
            raise error
        return batch.event_ids

    def _note_task(self, batch: Batch, answer: Mapping[str, Any]) -> None:
        response = answer.get("HandleSecurityEventsResponse")
        task_id = number(response.get("TaskId")) if isinstance(response, dict) else None
        task = {
            "task_id": task_id,
            "request_id": text(answer.get("RequestId")),
            "task_status": None,
            "count": len(batch.event_ids),
        }
        self._run.tasks.append(task)
        self._run.endings.update((event_id, Ending(task_id)) for event_id in batch.event_ids)
        self._journal({**task, "security_event_ids": list(batch.event_ids)})
        self._follow(batch.event_ids, task)

    def _follow(self, event_ids: Iterable[str], task: dict[str, Any] | None = None) -> None:
        if self._following:
            self._following.watch(event_ids, task)

    def _refused(self, call: _Call, error: ApiError) -> None:
        """A call that has done nothing. One that was lost before it may have, though: then nobody knows."""
        if error.every_call:
            self._halted = error
        batch = call.batch
        if call.sends > 1:
            message = f"the answer to a call was lost, and repeating it was refused: {error.message}"
            end_all(self._run, batch.event_ids, UNKNOWN, message, error.code)
        elif self._of_one_event(error) and len(batch.event_ids) > 1:
            for event_id in batch.event_ids:
                del self._run.endings[event_id]
            middle = len(batch.event_ids) // 2
            halves = batch.event_ids[:middle], batch.event_ids[middle:]
            self._ready.extendleft(_Call(_part(batch, half), call.read_at) for half in reversed(halves))
        else:
            end_all(self._run, batch.event_ids, FAILED, f"the call was refused: {error.message}", error.code)

    def _of_one_event(self, error: ApiError) -> bool:
        """Whether a refusal may be the fault of one event: the batch is split until that one is alone.

        A call without a task tells of no event by itself, so each of its refusals may be.
        """
        no_task = self._action != HANDLE and not (error.every_call or error.maybe_done or error.throttled)
        return error.code in _OF_ONE_EVENT or no_task

    def _read_first(self, call: _Call) -> None:
        """A call that waited too long for its turn: its alerts are read again before it is sent."""
        if call.sends:
            self._look_later(call, _LOOKS[:1])
            return
        for event_id in call.batch.event_ids:
            del self._run.endings[event_id]
        self._waiting.appendleft(call)

    # --- a batch whose answer was lost ---

    def _look_later(self, call: _Call, looks: tuple[float, ...]) -> None:
        call.due, call.looks = time.monotonic() + looks[0], looks[1:]  # the service may still be at it
        self._lost.append(call)

    def _looked(self, call: _Call, now: dict[str, Record] | None, error: BaseException | None) -> Iterable[str]:
        """Those events that moved are followed, only the rest is sent again."""
        if error is not None and not isinstance(error, ApiError):
            raise error
        run, event_ids, seen = self._run, call.batch.event_ids, now or {}
        moved = [event_id for event_id, record in seen.items() if differs(run.before[event_id], record)]
        if len(moved) < len(event_ids) and call.looks:
            self._look_later(call, call.looks)
            return ()
        if isinstance(error, ApiError):
            self._halted = error  # no answer to the write, and none to the reads either
        self._settle(call, seen, set(moved))
        return event_ids

    def _settle(self, call: _Call, seen: Mapping[str, Record], moved: set[str]) -> None:
        """What can't be read, and what shares its alert with an event that was sent before, is unknown: the alert may have
        moved for the other one."""
        run, event_ids = self._run, call.batch.event_ids
        lost = call.error
        message = f"the answer was lost: {lost.message if lost else ''}"
        rest = []
        for event_id in event_ids:
            others = {other for other in run.before[event_id]["security_event_ids"] if other in run.endings}
            if event_id not in seen or not others <= set(event_ids):
                run.endings[event_id].end(UNKNOWN, message, lost.code if lost else "")
            elif event_id not in moved:
                rest.append(event_id)
        self._follow(run.open(event_id for event_id in moved))
        if rest and call.sends >= _SENDS:
            end_all(run, rest, UNKNOWN, "the answers to several calls were lost, and the alert has not moved")
        elif rest:
            again = _Call(_part(call.batch, tuple(rest)), time.monotonic(), call.sends, call.late)
            again.error = call.error
            self._ready.appendleft(again)


def _part(batch: Batch, event_ids: tuple[str, ...]) -> Batch:
    return Batch(event_ids, {**batch.parameters, "SecurityEventIds": list(event_ids)})
