# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbooks that rulebooks run, by themselves: what they refuse, and that running again does no harm."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
import yaml
from conftest import HERE, Play, Run, writes

from simulator import Simulator
from simulator.seed_accounts import MEMBER_ACCOUNT, WEB_1

PLAYBOOKS = HERE.parents[1] / "playbooks"
SECRET = "hooks/k3y-Zq8rT2vX5yB7"


def run(play: Play, name: str, *flags: str, environ: dict[str, str] | None = None, **variables: Any) -> Run:
    """Run a playbook as ansible-rulebook does, with variables from a file."""
    given = play.folder / "variables.json"
    connection = {"security_center_endpoint": play.simulator.endpoint}
    folder = {"quarantine_directory": str(play.folder / "security-center")}
    given.write_text(json.dumps({**connection, **folder, **variables}), encoding="utf-8")
    plays = yaml.safe_load((PLAYBOOKS / f"{name}.yml").read_text(encoding="utf-8"))
    return play.playbook(plays, "-e", f"@{given}", *flags, environ=environ)


@pytest.fixture
def web_shell(simulator: Simulator) -> None:
    """Alert 801, a web shell."""
    simulator.state.alerts.clear()
    fields = {"level": "serious", "event_type": "Webshell", "operations": ["quara", "ignore"]}
    simulator.add_alert(id=5_000_801, event_ids=[801], uuid=WEB_1, **fields)


def quarantine(play: Play, event_id: int = 801, *flags: str, **variables: Any) -> Run:
    given = {"quarantine_security_event_ids": event_id, "quarantine_protected_assets": [], **variables}
    return run(play, "quarantine_web_shells", *flags, **given)


@pytest.fixture
def webhook() -> Iterator[tuple[str, list[tuple[int, Any]]]]:
    """The URL of a webhook, and what it answers: a status and JSON each, the last one for ever."""
    answers: list[tuple[int, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            status, answer = answers.pop(0) if len(answers) > 1 else answers[0]
            body = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/{SECRET}", answers
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"quarantine_protected_assets": None}, "Nobody has said which servers are never touched"),
        ({"quarantine_protected_assets": ""}, "Nobody has said which servers are never touched"),
        (
            {"quarantine_storm_alerts": "twenty"},
            "quarantine_storm_alerts and quarantine_storm_minutes are not both numbers",
        ),
    ],
    ids=["null", "empty", "twenty"],
)
def test_nothing_is_quarantined_until_somebody_says_what_is_protected_and_what_a_storm_is(
    given: dict[str, Any], sentence: str, web_shell: None, simulator: Simulator, play: Play
):
    ran = quarantine(play, **given)
    assert ran.code == 2 and sentence in ran.output
    assert writes(simulator) == []


def test_check_mode_plans_and_quarantines_nothing(web_shell: None, simulator: Simulator, play: Play):
    ran = quarantine(play, 801, "--check")
    assert ran.code == 0, ran.output
    assert writes(simulator) == []


def test_a_web_shell_that_is_gone_is_no_failure(simulator: Simulator, play: Play):
    """ansible-rulebook runs an action again after it was killed. This one is a member account's, told as a number."""
    simulator.alert(50001).operations.append("kill_and_quara")
    for _time in range(2):
        ran = quarantine(play, 50001, quarantine_resource_directory_account_id=int(MEMBER_ACCOUNT))
        assert ran.code == 0, ran.output
    assert simulator.state.handled == {"50001": 1}


def test_a_web_shell_that_somebody_else_has_handled_is_no_failure(web_shell: None, simulator: Simulator, play: Play):
    simulator.alert(801).status = 8
    ran = quarantine(play)
    assert ran.code == 0 and "still open" not in ran.output, ran.output
    ran = quarantine(play, 999)
    assert ran.code == 2 and "Alert 999 is not there: check the ids, the account and the region" in ran.output, (
        ran.output
    )
    assert writes(simulator) == []


def test_an_alert_that_has_waited_for_the_end_of_a_storm_is_left_to_a_person(
    web_shell: None, simulator: Simulator, play: Play
):
    simulator.alert(801).last_ms -= 11 * 60 * 1000
    ran = quarantine(play, quarantine_storm_alerts=20, quarantine_storm_minutes=10)
    assert ran.code == 0 and "Alert 801 is left to a person: it is older than 10 minutes" in ran.output
    assert writes(simulator) == []


@pytest.mark.parametrize(("answer", "code"), [({"errcode": 0}, 0), ({"errcode": 310000}, 2), ({"code": 19001}, 2)])
def test_a_chat_that_takes_no_such_message_is_not_taken_for_told(
    answer: dict[str, int], code: int, web_shell: None, webhook: tuple[str, list[Any]], play: Play
):
    """Some chats say so in an answer with status 200. A secret from a file ends in a line break."""
    url, answers = webhook
    answers.append((200, answer))
    secret = {"SECURITY_CENTER_CHAT_WEBHOOK": f"{url}\n"}
    ran = run(play, "notify_alert", "-vvv", environ=secret, notify_security_event_ids=801)
    assert ran.code == code and ("The chat was not told of alert 801: the webhook answered 200" in ran.output) == bool(
        code
    )
    assert SECRET not in ran.output


@pytest.mark.parametrize("name", ["open_ticket", "call_on_call"])
def test_an_answer_that_will_not_change_is_told_at_once_and_another_is_waited_for(
    name: str, web_shell: None, webhook: tuple[str, list[Any]], play: Play
):
    """No rulebook tries again what has failed."""
    url, answers = webhook
    answers += [(503, {}), (404, {})]
    given = {"ticket_security_event_ids": 801, "ticket_key": "1", "call_reason": "a rehearsal", "call_key": "1"}
    where = dict.fromkeys(("SECURITY_CENTER_TICKET_URL", "SECURITY_CENTER_ON_CALL_WEBHOOK"), f"{url}\n")
    ran = run(play, name, "-vvv", environ={**where, "SECURITY_CENTER_TICKET_TOKEN": f"{SECRET}\n"}, **given)
    assert ran.code == 2 and "answered 404" in ran.output, ran.output
    assert ran.output.count("FAILED - RETRYING") == 1 and "(60 retries left)" in ran.output
    assert SECRET not in ran.output


def test_a_token_that_no_header_can_hold_is_refused_and_not_shown(play: Play):
    """What the module says of it is shown in spite of no_log, and quotes it."""
    environ = {"SECURITY_CENTER_TICKET_URL": "http://127.0.0.1:9/", "SECURITY_CENTER_TICKET_TOKEN": f"{SECRET}\nmore"}
    ran = run(play, "open_ticket", environ=environ, ticket_security_event_ids="10001", ticket_key="1")
    assert ran.code == 2 and "no token of one line" in ran.output
    assert SECRET not in ran.output


@pytest.mark.parametrize(
    "url", [SECRET, f"http://127.0.0.1/{SECRET}\x01", f"htp://127.0.0.1/{SECRET}", f"http://[::1/{SECRET}", ""]
)
def test_what_is_no_url_is_refused_and_not_shown(url: str, play: Play):
    ran = run(
        play,
        "call_on_call",
        environ={"SECURITY_CENTER_ON_CALL_WEBHOOK": url},
        call_reason="a rehearsal",
        call_key="1",
    )
    assert ran.code == 2 and "SECURITY_CENTER_ON_CALL_WEBHOOK is not set, or no URL" in ran.output
    assert SECRET not in ran.output
