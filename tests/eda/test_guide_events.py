# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The guide "From an alert to an action": its files and commands do what it says, and its tables are so."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import textwrap
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_rulebook import persistence, validators
from conftest import Receiver, Rulebook, Rulebooks, collection_folder
from integration.leaks import leaks
from jinja2 import Environment, StrictUndefined

from simulator import Simulator
from simulator.seed_accounts import DB_1, WEB_1, WEB_2

ROOT = collection_folder()
EDA = ROOT / "extensions" / "eda"
GUIDE = (ROOT / "docs" / "docsite" / "rst" / "guide_from_an_alert_to_an_action.rst").read_text(encoding="utf-8")
FOLDER = "/var/lib/security_center"
REGION = "region_id: cn-shanghai"


def blocks(language: str) -> list[str]:
    found = re.findall(rf"code-block:: {language}\n\n(.*?)\n\n?(?=\S)", GUIDE, re.S)
    return [textwrap.dedent(block) for block in found]


FIRST, LOCALHOST, VARS, POSTGRES, WATCH, ASSETS, EVIDENCE, HEARTBEAT, LAUNCH, INPUTS, INJECTORS = blocks("yaml")
COMMANDS = [line.removeprefix("$ ") for block in blocks("console") for line in block.splitlines()]
SEE, WHERE, TOKEN, NOTIFY, MAKE, ACT, BUILD, FOLDER_OF_SOURCE, SHOW = COMMANDS


def start(rulebooks: Rulebooks, command: str, endpoint: str, **environ: str) -> Rulebook:
    """One of the guide's commands, in a folder with its files: with the simulator in place of the service, and often."""
    region, _mark, given = WHERE.removeprefix("export ").partition("=")
    files = {
        "alerts.yml": FIRST,
        "watch.yml": WATCH,
        "vars.yml": VARS,
        "simulator.yml": f"{{security_center_endpoint: {endpoint}, security_center_start: 1d}}",
        "evidence.yml": EVIDENCE,
        "heartbeat.yml": HEARTBEAT,
        "inventory/localhost.yml": LOCALHOST,
        "inventory/security_center_assets.yml": ASSETS,
    }
    folder = rulebooks.folder / "etc"
    # What is left of it in the end is found by its folder.
    local = {"ANSIBLE_TRANSPORT": "local", "PWD": str(folder), region: given}
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        for region in re.findall(rf"^ *{REGION}$", text, re.M):
            indent = region.removesuffix(REGION)
            text = text.replace(region, f"{indent}endpoint: {endpoint}" + f"\n{indent}interval: 1" * ("- name" in text))
        path.write_text(text.replace(FOLDER, str(rulebooks.folder)), encoding="utf-8")
    program, *arguments = shlex.split(command)
    tool = str(Path(rulebooks.environ["PATH"].split(":")[0], program))
    return Rulebook([tool, *arguments], rulebooks.environ | local | environ, folder)


@pytest.fixture(autouse=True)
def quiet(simulator: Simulator) -> None:
    """An account without alerts."""
    simulator.state.alerts.clear()


def add(simulator: Simulator, event_id: int, **fields: Any) -> None:
    common = {"uuid": WEB_1, "level": "serious", "name": "Reverse shell", "event_type": "Suspicious Process"}
    simulator.add_alert(id=event_id + 5_000_000, event_ids=[event_id], **(common | fields))


def test_alerts_are_shown_as_they_come_and_told_to_a_chat(
    simulator: Simulator, rulebooks: Rulebooks, receiver: Receiver
):
    add(simulator, 801, name="{{ 7 * 7 }} {% if %} {# #} #jinja2:a $ANSIBLE_VAULT \x1b \U0001f600")
    webhook = {TOKEN.removeprefix("export ").removesuffix("=..."): receiver.url}
    with (
        closing(start(rulebooks, SEE, simulator.endpoint)) as rulebook,
        closing(start(rulebooks, f"{NOTIFY} --vars simulator.yml", simulator.endpoint, **webhook)) as notify,
    ):
        rulebook.wait_for_text("'5000801'")
        add(simulator, 802, level="suspicious")
        add(simulator, 803, level="remind")
        rulebook.wait_for_text("'5000802'")
        rulebook.interrupt()
        rulebook.ended(10)
        table = re.search(r"In the alert .*?\n=.*?\n(.*?)\n=", GUIDE, re.S)
        assert table is not None
        told = [row.split("  ", 1)[1] for row in table[1].splitlines()]
        for text in re.findall("``(.*?)``", " ".join(told)):
            assert text in rulebook.log.replace("\\\\", "\\")
        assert "5000803" not in rulebook.log
        notify.wait_for(lambda: receiver.posted)
    assert receiver.posted[0].body["text"].startswith("serious alert 5000801: ")


def test_the_server_of_an_alert_is_acted_on_through_a_kill(
    simulator: Simulator, rulebooks: Rulebooks, receiver: Receiver
):
    """Each alert's playbook runs on its own server alone, and a heartbeat is sent while alerts can be read."""

    def evidence() -> set[str]:
        return {path.name for path in rulebooks.folder.glob("*.txt")}

    add(simulator, 801, uuid=WEB_1)
    add(simulator, 802, uuid=DB_1, level="remind")  # a host of the inventory, and no event
    with closing(start(rulebooks, ACT, simulator.endpoint, HEARTBEAT_URL=receiver.url)) as rulebook:
        rulebook.wait_for(lambda: evidence() and receiver.posted)
        rulebook.kill()
        add(simulator, 803, uuid=WEB_2)
        rulebook.restart()
        rulebook.wait_for(lambda: len(evidence()) > 1)
        assert evidence() == {f"5000801-{WEB_1}.txt", f"5000803-{WEB_2}.txt"}
        assert "goes on from" in rulebook.log and leaks(simulator.access_key_secret, rulebook.log) == []


def test_the_tables_name_what_there_is():
    of_rulebooks = re.search(r"From the environment\n(.*?)\n\n(?=\S)", GUIDE, re.S)
    assert of_rulebooks is not None
    rows = re.findall(r"\* - ``(\w+)``\n(.*?)(?=\n +\* -|\Z)", of_rulebooks[1], re.S)
    assert sorted(name for name, _row in rows) == sorted(path.stem for path in (EDA / "rulebooks").glob("*.yml"))
    for name, row in rows:
        rulebook = (EDA / "rulebooks" / f"{name}.yml").read_text(encoding="utf-8")
        for variable in re.findall("``([A-Z_]+)``", row):
            assert variable in rulebook, f"{name}: {variable}"


def test_the_options_are_those_of_the_source():
    from ansible_collections.alicloud.security_center.plugins.modules.security_event_info import OPTIONS as SHARED
    from ansible_collections.alicloud.security_center.plugins.plugin_utils.event_source import OPTIONS

    table = re.findall(r"\* - ``(\w+)``\n +- ?(?:``(.*?)``)?\n", GUIDE.partition("\nThe options\n")[2])
    own = list(OPTIONS)[list(OPTIONS).index("interval") :]
    assert [name for name, _default in table] == [name for name in own if name != "eda_feedback_queue"]
    assert {name: yaml.safe_load(default) for name, default in table} == {
        name: OPTIONS[name].get("default") for name, _default in table
    }
    assert not set(own) & set(SHARED)


def test_ansible_doc_shows_the_options(rulebooks: Rulebooks):
    assert Path(shlex.split(FOLDER_OF_SOURCE)[1]).parts[-3:] == ROOT.parts[-3:]
    told = subprocess.run(
        shlex.split(SHOW), cwd=ROOT, env=rulebooks.environ, capture_output=True, text=True, check=True
    )
    assert "lookback" in told.stdout, told.stderr


def test_the_databases_are_those_of_ansible_rulebook():
    database = {"db_type": "h2", "db_file_path": f"{FOLDER}/rules;WRITE_DELAY=0"}
    assert persistence._get_h2_params(yaml.safe_load(VARS)) == database
    given = {**yaml.safe_load(POSTGRES), "drools_db_password": "read from the environment"}
    assert set(persistence._get_postgres_params(given)) == {"db_type"} | {
        name.removeprefix("drools_db_").removeprefix("drools_").replace("name", "database") for name in given
    }
    assert "--env-vars drools_db_password" in GUIDE


def test_the_credential_type_is_that_of_the_collection_and_gives_what_it_should():
    """By the rules of Event-Driven Ansible controller: fields with an id and a label, and templates over these."""
    made = yaml.safe_load((EDA / "credential_type.yml").read_text(encoding="utf-8"))
    assert (made["inputs"], made["injectors"]) == (yaml.safe_load(INPUTS), yaml.safe_load(INJECTORS))
    fields = {field["id"]: field for field in made["inputs"]["fields"]}
    assert set(made["inputs"]["required"]) <= set(fields) and set(made["injectors"]) <= {"env", "extra_vars", "file"}
    for name, field in fields.items():
        assert set(field) <= {"id", "label", "type", "secret", "help_text", "default"} and field["type"] == "string"
        assert field.get("secret", False) == (name in ("access_key_secret", "security_token"))
    environment = Environment(undefined=StrictUndefined)
    for given in (fields, made["inputs"]["required"]):
        told = {
            variable: environment.from_string(template).render({name: f"<{name}>" for name in given})
            for variable, template in made["injectors"]["env"].items()
        }
        assert told == {f"ALIBABA_CLOUD_{name.upper()}": f"<{name}>" if name in given else "" for name in fields}


def test_a_controller_is_handed_what_the_playbook_asks_for():
    """An activation has no inventory, so it starts no playbook."""
    rules = [{"name": "Launch it", "condition": "event.security_event_ids is defined", **yaml.safe_load(LAUNCH)}]
    sources = yaml.safe_load(FIRST)[0]["sources"]
    validators.Validate.rulebook([{"name": "Launch", "hosts": "localhost", "sources": sources, "rules": rules}])
    job = rules[0]["action"]["run_job_template"]
    (notify,) = yaml.safe_load((EDA / "rulebooks" / "notify.yml").read_text(encoding="utf-8"))
    own = notify["rules"][0]["action"]["run_playbook"]["extra_vars"]
    assert job["job_args"]["extra_vars"].items() <= own.items() and job["include_events"] is False


def test_what_is_started_at_boot_is_the_command_of_the_guide():
    (unit,) = blocks("ini")
    assert f"ExecStart=/usr/bin/{ACT}" in unit.splitlines()
    kept = {f"StateDirectory={Path(FOLDER).name}", "StateDirectoryMode=0700", "PrivateTmp=true"}
    assert kept <= set(unit.splitlines()) and shlex.split(MAKE)[-1] == FOLDER
    assert shlex.split(BUILD)[3] == "extensions/eda/decision-environment.yml"
    assert (ROOT / shlex.split(BUILD)[3]).is_file()


def source_texts() -> str:
    """The files that write events and the log."""
    plugins = ROOT / "plugins"
    inner = plugins / "module_utils" / "_security_center"
    files = (plugins / "plugin_utils" / "event_delivery.py", inner / "event_stream.py", inner / "checkpoint.py")
    return "".join(file.read_text(encoding="utf-8") for file in files)


def test_a_heartbeat_has_the_fields_of_the_guide():
    (shown,) = map(json.loads, blocks("json"))
    assert [name for name in shown["heartbeat"] if f'"{name}": ' not in source_texts()] == []


def test_the_log_says_what_the_guide_says_that_it_does():
    lines = re.findall(r"^(``.*``)\n    \S", GUIDE.partition("What its log says:")[2], re.M)
    told = source_texts()
    assert len(lines) == 8
    assert [part for line in lines for part in words_of(line) if part not in told] == []


def words_of(line: str) -> list[str]:
    """The parts of log lines between what differs: ``… - trying again in 20 s`` has "trying again in"."""
    quoted = " … ".join(re.findall("``(.*?)``", line))
    return [part.strip() for part in re.split(r"…|[,;:] | - |\d+ s", quoted) if part.strip()]
