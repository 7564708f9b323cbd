# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The collection's rulebooks, run by the real ansible-rulebook: each does what it says, and nothing else."""

from __future__ import annotations

import json
import re
import uuid
from typing import Any

import pytest
from conftest import COLLECTION, Receiver, Rulebooks
from integration.corpus import PRODUCT, as_it_comes_out, corpus
from integration.leaks import leaks, leaks_of_files

from simulator import Simulator
from simulator.seed_accounts import DB_1, WEB_1, WEB_2
from simulator.state import Alert

SOURCE = f"{COLLECTION}.security_events"
NOTIFY, TICKET, QUARANTINE, STORM = (
    f"{COLLECTION}.{name}" for name in ("notify", "ticket", "quarantine_web_shells", "storm")
)
pytestmark = pytest.mark.timeout(300)
TOKEN = "t0k/en+Zq8rT2vX5yB7nM0wLs4"
# With the alerts that are there when it starts.
FROM_BEFORE = {"security_center_start": "1d"}


@pytest.fixture(autouse=True)
def quiet(simulator: Simulator) -> None:
    """An account without alerts."""
    simulator.state.alerts.clear()


def add(simulator: Simulator, event_id: int, **fields: Any) -> Alert:
    """A new serious alert."""
    common = {"uuid": WEB_1, "level": "serious", "name": "Reverse shell", "event_type": "Suspicious Process"}
    return simulator.add_alert(id=event_id + 5_000_000, event_ids=[event_id], **(common | fields))


def add_web_shell(simulator: Simulator, event_id: int, **fields: Any) -> Alert:
    common = {"event_type": "Webshell", "name": "Webshell file found", "operations": ["quara", "ignore"]}
    return add(simulator, event_id, **(common | fields))


def as_an_event_tells(text: str) -> str:
    """The same, but where a template would begin, and for control characters and those beyond U+FFFF."""
    shown = "".join(
        one
        if (one.isprintable() and one <= "\uffff") or one in "\n\t"
        else one.encode("unicode_escape").decode("ascii")
        for one in as_it_comes_out(text)
    )
    shown = re.sub(r"\{([{%#])", r"{ \1", shown)
    return shown.replace("#jinja2:", "# jinja2:").replace("$ANSIBLE_VAULT", "$ ANSIBLE_VAULT")


def test_a_chat_is_told_of_each_serious_alert_once(simulator: Simulator, rulebooks: Rulebooks, receiver: Receiver):
    add(simulator, 801, name="[click](http://evil.example) <!channel> @all", level="serious")
    add(simulator, 802, level="suspicious")
    chat = {"SECURITY_CENTER_CHAT_WEBHOOK": f"{receiver.url}/{TOKEN}"}
    rulebook = rulebooks(NOTIFY, "-vv", variables=FROM_BEFORE, environ=chat)
    rulebook.wait_for(lambda: receiver.posted)
    add(simulator, 803, name="Reverse shell")
    rulebook.wait_for(lambda: len(receiver.posted) > 1)
    told = [message.body["text"] for message in receiver.posted]
    assert told[0].startswith("serious alert 5000801: ?click?(http???evil. example) ??channel? ?all on web-prod-1 (")
    assert told[1].startswith("serious alert 5000803: Reverse shell on web-prod-1 (")
    # While a play runs, ansible-runner keeps its environment in a folder that nobody else may read.
    rulebook.wait_for(lambda: not list(rulebooks.folder.glob("temporary/eda*")))
    assert leaks_of_files([TOKEN, simulator.access_key_secret], rulebooks.folder) == {}


def test_a_ticket_is_opened_once_for_each_alert(simulator: Simulator, rulebooks: Rulebooks, receiver: Receiver):
    """The second try for the first alert comes under the same key, so a ticket system that knows it opens one."""
    add(simulator, 801, name="Reverse shell")
    add(simulator, 802, level="remind")
    receiver.answers = [503, 201]
    where = {"SECURITY_CENTER_TICKET_URL": receiver.url, "SECURITY_CENTER_TICKET_TOKEN": TOKEN}
    rulebook = rulebooks(TICKET, "-vv", variables=FROM_BEFORE, environ=where)
    rulebook.wait_for(lambda: len(receiver.posted) > 1)
    add(simulator, 803, level="suspicious")
    rulebook.wait_for(lambda: len(receiver.posted) > 2)
    keys = [message.headers["Idempotency-Key"] for message in receiver.posted]
    assert keys[0] == keys[1] != keys[2] and [str(uuid.UUID(key)) for key in keys] == keys
    tickets = [message.body for message in receiver.posted]
    assert [ticket["external_id"] for ticket in tickets] == keys
    assert [ticket["alert"]["id"] for ticket in tickets] == ["5000801", "5000801", "5000803"]
    assert tickets[0]["alert"]["alarm_event_name_display"] == "Reverse shell"
    assert {message.headers["Authorization"] for message in receiver.posted} == {f"Bearer {TOKEN}"}
    assert leaks(TOKEN, rulebook.log) == []


def test_web_shells_are_quarantined_but_never_on_protected_servers(simulator: Simulator, rulebooks: Rulebooks):
    """One server is protected by a variable of the rulebook, one by a file that the environment imposes."""
    add_web_shell(simulator, 801, uuid=WEB_1)
    add_web_shell(simulator, 802, uuid=DB_1)
    add_web_shell(simulator, 803, uuid=WEB_2)
    add(simulator, 804, operations=["kill_and_quara", "quara"])
    rails = rulebooks.folder / "guardrails.yml"
    rails.write_text("protected_assets: [{name: web-prod-2}]\n", encoding="utf-8")
    given = FROM_BEFORE | {"security_center_protected_assets": [{"name": "db-*"}]}
    rulebook = rulebooks(QUARANTINE, variables=given, environ={"SECURITY_CENTER_GUARDRAILS": str(rails)})
    for protected in (802, 803):
        rulebook.wait_for_text(f"Alert {protected} is still open: a guard rail refused it")
    rulebook.wait_for(lambda: simulator.handled_times(801))
    assert simulator.state.handled == {"801": 1}
    assert simulator.alert(801).operate_error_code == "quara.Success"


def test_in_a_storm_nothing_is_done_and_a_person_is_called(
    simulator: Simulator, rulebooks: Rulebooks, receiver: Receiver
):
    webhook = {"SECURITY_CENTER_ON_CALL_WEBHOOK": f"{receiver.url}/{TOKEN}"}
    rulebook = rulebooks(STORM, "-vv", variables={"security_center_protected_assets": []}, environ=webhook)
    rulebook.wait_for(lambda: rulebook.log.count("none of them becomes an event") == 2)
    add_web_shell(simulator, 801)
    rulebook.wait_for(lambda: simulator.handled_times(801))

    for number in range(20):
        add(simulator, 900 + number, level="suspicious")
    add_web_shell(simulator, 802)
    rulebook.wait_for_text("Alert 802 is left to a person: 20 alerts or more in 10 minutes")
    rulebook.wait_for(lambda: receiver.posted)

    for alert in simulator.state.alerts:
        alert.last_ms -= 11 * 60 * 1000
    add_web_shell(simulator, 803)
    rulebook.wait_for(lambda: simulator.handled_times(803))
    assert simulator.state.handled == {"801": 1, "803": 1}
    (call,) = receiver.posted
    assert re.match("20 Security Center alerts or more in 10 minutes", call.body["summary"])
    assert leaks(TOKEN, rulebook.log) == []


def test_a_person_is_called_for_what_is_left_to_them_after_a_restart(
    simulator: Simulator, rulebooks: Rulebooks, receiver: Receiver
):
    """Nothing new comes, which is all that the other rule set counts."""
    add_web_shell(simulator, 801).last_ms -= 11 * 60 * 1000
    given = FROM_BEFORE | {"security_center_protected_assets": []}
    rulebook = rulebooks(STORM, variables=given, environ={"SECURITY_CENTER_ON_CALL_WEBHOOK": receiver.url})
    rulebook.wait_for(lambda: receiver.posted)
    assert "Alert 801 is left to a person: it is older than 10 minutes" in rulebook.log
    assert simulator.state.handled == {}


def test_what_attackers_wrote_reaches_a_playbook_as_data(simulator: Simulator, rulebooks: Rulebooks):
    """Ansible reads an event as variables, where a template would be evaluated: so none arrives."""
    canary, copied = rulebooks.folder / "canary", rulebooks.folder / "copied.json"
    texts = [text for text in corpus(str(canary)).values() if 0 < len(text) < 1_000]
    add(simulator, 801, details={f"text {number}": text for number, text in enumerate(texts)})
    uses = {
        "copy": {"content": "{{ ansible_eda.event | to_json }}", "dest": str(copied), "mode": "0600"},
        "debug": {
            "msg": "{{ query('vars', *query('varnames', '^given_')) }} {{ fact }} {{ vars.ansible_eda.event }} {{ hostvars.localhost.ansible_eda }}"
        },
    }
    tasks = [{"set_fact": {"fact": "{{ ansible_eda.event.details }}"}}, *({name: use} for name, use in uses.items())]
    # ansible-rulebook copies what is beside a playbook.
    playbook = rulebooks.folder / "plays" / "use.yml"
    playbook.parent.mkdir()
    playbook.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]), encoding="utf-8")
    source = {"endpoint": simulator.endpoint, "start": "1d", "details": True, "hostnames": []}
    # Not a text alone: ansible-rulebook reads that as Python, and an action whose text is "{[]}" fails.
    given = {
        f"given_{number}": f"it says {{{{ event.details[{number}].value_display }}}}" for number in range(len(texts))
    }
    play = {"name": str(playbook), "extra_vars": given}
    rule = {"name": "use it", "condition": "event.level is defined", "action": {"run_playbook": play}}
    rules = {"name": "Use all of it", "hosts": "localhost", "sources": [{SOURCE: source}], "rules": [rule]}
    rulebook = rulebooks([rules])
    # At the start of a line: an attacker has written such a recap too.
    recap = rulebook.wait_for(lambda: re.search(r"^localhost +: ok=(\d+) .* failed=(\d+)", rulebook.log, re.M))
    assert recap.groups() == ("3", "0"), rulebook.log
    event = json.loads(copied.read_text(encoding="utf-8"))
    told = {detail["name_display"]: detail["value_display"] for detail in event["details"]}
    assert told == {f"text {number}": as_an_event_tells(text) for number, text in enumerate(texts)}
    assert PRODUCT not in rulebook.log and not canary.exists()
