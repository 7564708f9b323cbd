# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The event source as ansible-rulebook runs it: its file by runpy, its coroutine over a queue of one."""

from __future__ import annotations

import asyncio
import logging
import runpy
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.errors import SecurityCenterError
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.event_stream import EventStream
from simulator import Simulator
from simulator.seed_accounts import MEMBER_ACCOUNT, OWN_ACCOUNT

_FILE = Path(__file__).parents[2] / "extensions" / "eda" / "plugins" / "event_source" / "security_events.py"
Events = list[dict[str, Any]]


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def options(simulator: Simulator, **more: Any) -> dict[str, Any]:
    return {
        "endpoint": simulator.endpoint,
        "access_key_id": simulator.access_key_id,
        "access_key_secret": simulator.access_key_secret,
        "interval": 1,
        "requests_per_second": 1000,
        "max_retries": 0,
        **more,
    }


class Running:
    """The source, running; its events are taken one by one."""

    def __init__(self, args: dict[str, Any]) -> None:
        self.queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue(1)
        self.task = asyncio.create_task(runpy.run_path(str(_FILE))["main"](self.queue, args))

    async def event(self) -> dict[str, Any]:
        """The next event; raises what ended the source when it ends before."""
        taking = asyncio.create_task(self.queue.get())
        await asyncio.wait({taking, self.task}, timeout=20, return_when=asyncio.FIRST_COMPLETED)
        if not taking.done():
            taking.cancel()
            await asyncio.wait_for(self.task, 0)
        return taking.result()

    async def end(self) -> None:
        self.task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await self.task


async def until(condition: Callable[[], Any]) -> None:
    for _attempt in range(2000):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it never came to that")


def run(work: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        await asyncio.wait_for(work(), 60)

    asyncio.run(bounded())


def listings(simulator: Simulator) -> int:
    return sum(call.action == "DescribeSuspEvents" for call in simulator.calls)


def test_an_alert_becomes_an_event(simulator):
    async def work() -> None:
        source = Running(options(simulator))
        await until(lambda: listings(simulator) >= 3)
        simulator.add_alert(id=90001, uuid=simulator.state.assets[0].uuid)
        event = await source.event()
        assert (event["id"], event["meta"]["hosts"]) == ("90001", [simulator.state.assets[0].uuid])
        await source.end()

    run(work)


def test_a_full_queue_stops_the_reading(simulator, tmp_path):
    async def work() -> None:
        simulator.state.alerts.clear()
        for number in range(350):
            simulator.add_alert(id=91000 + number)
        source = Running(options(simulator, start="5m", checkpoint=str(tmp_path), max_concurrency=1))
        await until(source.queue.full)
        await asyncio.sleep(1.5)
        calls = listings(simulator)
        await asyncio.sleep(1.5)
        assert listings(simulator) == calls
        ids = {(await source.event())["id"] for _number in range(350)}
        assert ids == {str(91000 + number) for number in range(350)}
        await source.end()

    run(work)


def test_it_is_cancelled_within_a_second_in_the_middle_of_a_call(simulator):
    async def work() -> None:
        simulator.fail("DescribeSuspEvents", how="timeout_before", seconds=30.0)
        source = Running(options(simulator))
        await until(lambda: listings(simulator))
        began = asyncio.get_running_loop().time()
        await source.end()
        assert asyncio.get_running_loop().time() - began < 1

    run(work)


def test_the_place_moves_when_the_event_was_acknowledged(simulator, tmp_path):
    async def work() -> None:
        feedback: asyncio.Queue[dict[str, Any]] = asyncio.Queue(1)
        given = options(simulator, checkpoint=str(tmp_path), feedback=True, eda_feedback_queue=feedback)
        source = Running(given)
        await until(lambda: listings(simulator) >= 3)
        simulator.add_alert(id=90001)
        first = await source.event()
        await source.end()  # taken, and not acknowledged

        source = Running(given)
        again = await source.event()
        assert again == first
        await feedback.put(again)
        simulator.add_alert(id=90002)
        second = await source.event()
        assert second["id"] == "90002"
        await feedback.put(second)
        calls = listings(simulator)
        await until(lambda: listings(simulator) > calls + 1)
        await source.end()

        source = Running(given)
        simulator.add_alert(id=90003)
        assert (await source.event())["id"] == "90003"
        await source.end()

    run(work)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (
            {"access_key_secret": "wr0ng-s3cret"},
            "SignatureDoesNotMatch.*access_key_secret is not the secret of access key",
        ),
        ({"levels": ["sever"]}, "levels must be one or more of: serious"),
        ({"checkpoint": "nowhere/at/all"}, "there is no folder nowhere/at"),
        ({"feedback": True}, "ansible-rulebook offers none"),
        ({"intervall": 5}, "did you mean interval"),
    ],
    ids=["key", "filter", "checkpoint", "feedback", "name"],
)
def test_what_can_not_heal_ends_it_with_a_sentence(simulator, caplog, wrong, sentence):
    async def work() -> None:
        with pytest.raises(Exception, match=sentence) as failure:
            await Running(options(simulator, **wrong)).event()
        assert "wr0ng-s3cret" not in f"{failure.value} {failure.value.__cause__} {caplog.text}"

    run(work)


_HEALING = {
    "throttling": {"how": "throttle"},
    "503": {"how": "error", "http_status": 503},
    "network": {"how": "reset_before"},
    "proxy": {"how": "html"},
    "no answer": {"how": "garbage"},
    "expired token": {"how": "error", "http_status": 400, "code": "InvalidSecurityToken.Expired"},
}


def test_what_can_heal_is_waited_out(caplog):
    async def work(fault: dict[str, Any]) -> None:
        with Simulator() as simulator:
            source = Running(options(simulator))
            await until(lambda: listings(simulator) >= 3)
            simulator.fail("DescribeSuspEvents", times=2, **fault)
            await until(lambda: listings(simulator) >= 5)
            simulator.add_alert(id=90001)
            assert (await source.event())["id"] == "90001"
            await asyncio.sleep(0.2)
            await source.end()

    async def all_at_once() -> None:
        await asyncio.gather(*map(work, _HEALING.values()))

    with caplog.at_level(logging.WARNING):
        run(all_at_once)
    pauses = [record.getMessage() for record in caplog.records if "trying again in" in record.getMessage()]
    assert sorted(sentence.rpartition(" in ")[2] for sentence in pauses) == ["1 s"] * len(_HEALING) + ["2 s"] * len(
        _HEALING
    )
    assert caplog.text.count("is read again") == len(_HEALING)


def test_a_member_that_can_not_be_read_keeps_no_other(simulator, caplog):
    async def work() -> None:
        asked = [str(MEMBER_ACCOUNT), str(OWN_ACCOUNT + 7)]
        source = Running(options(simulator, accounts=asked, heartbeat=1))
        await source.event()
        await until(lambda: listings(simulator) >= 6)
        simulator.add_alert(id=90001, account_id=MEMBER_ACCOUNT)
        events = [await source.event() for _number in range(4)]
        assert [event["id"] for event in events if "id" in event] == ["90001"]
        assert "RdCheckNoPermission" in events[-1].get("heartbeat", events[-2].get("heartbeat"))["problem"]
        await source.end()

    with caplog.at_level(logging.WARNING):
        run(work)
    assert caplog.text.count(f"member account {OWN_ACCOUNT + 7} can't be read: ") == 1


def test_credentials_that_fail_for_a_while_are_waited_out_though_a_member_can_never_be_read(simulator, monkeypatch):
    reading = EventStream.read
    failing = threading.Event()

    def read(stream: EventStream) -> Any:
        if failing.is_set():
            failing.clear()
            raise SecurityCenterError("no credentials just now")
        return reading(stream)

    async def work() -> None:
        source = Running(options(simulator, accounts=[str(MEMBER_ACCOUNT), str(OWN_ACCOUNT + 7)]))
        await until(lambda: listings(simulator) >= 6)
        failing.set()
        await until(lambda: not failing.is_set())
        simulator.add_alert(id=90001, account_id=MEMBER_ACCOUNT)
        assert (await source.event())["id"] == "90001"
        await source.end()

    monkeypatch.setattr(EventStream, "read", read)
    run(work)


def test_the_heartbeat_tells_life_from_death(simulator):
    async def work() -> None:
        source = Running(options(simulator, heartbeat=1))
        first = await source.event()
        assert first["heartbeat"]["delivered"] == 0
        await until(lambda: listings(simulator) >= 3)
        simulator.fail("DescribeSuspEvents", times=1000, how="error", http_status=503)
        beats = [first]
        while not beats[-1]["heartbeat"]["problem"]:
            beats.append(await source.event())
        assert "InternalError" in beats[-1]["heartbeat"]["problem"]
        assert beats[-1]["heartbeat"]["last_read"] <= beats[-1]["heartbeat"]["time"]
        assert len({beat["meta"]["uuid"] for beat in beats}) == len(beats)
        await source.end()

    run(work)


def test_the_heartbeat_tells_what_keeps_a_reading_from_its_beginning(simulator):
    async def work() -> None:
        simulator.fail("DescribeNsasSuspEventType", times=3, how="error", http_status=503)
        source = Running(options(simulator, heartbeat=1, parent_event_types=["Webshell"]))
        problems = [(await source.event())["heartbeat"]["problem"] for _number in range(9)]
        assert "InternalError" in next(filter(None, problems))
        assert problems[-1] is None
        await source.end()

    run(work)


def test_two_sources_do_not_share_a_checkpoint(simulator, tmp_path):
    async def work() -> None:
        one = Running(options(simulator, checkpoint=str(tmp_path)))
        await until(lambda: listings(simulator))
        with pytest.raises(Exception, match="in use by another event source"):
            await Running(options(simulator, checkpoint=str(tmp_path / "security_events.checkpoint"))).event()
        await one.end()
        again = Running(options(simulator, checkpoint=str(tmp_path)))
        calls = listings(simulator)
        await until(lambda: listings(simulator) > calls)
        await again.end()

    run(work)


def test_nothing_is_left_running(simulator):
    async def work() -> None:
        source = Running(options(simulator, heartbeat=1))
        await source.event()
        await source.end()

    run(work)
    simulator.add_alert(id=90001)
    assert [thread.name for thread in threading.enumerate() if "asyncio" in thread.name] == []
