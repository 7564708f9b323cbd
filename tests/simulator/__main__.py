# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The simulator for a person (``python -m simulator``) and around a command (``python -m simulator exec -- …``)."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import threading
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import yaml

from .embedded import Simulator
from .seed_crowd import crowd, crowd_of_members, crowd_of_servers
from .state import State
from .stream import stream

# Credentials and proxies of the surroundings would reach the wrong server or none.
_FOREIGN = ("ALIBABA_CLOUD_SECURITY_TOKEN", "ALICLOUD_SECURITY_TOKEN")


def main(arguments: list[str] | None = None) -> int:
    """Run what the command line asks for; returns the exit code."""
    options = _parser().parse_args(arguments)
    try:
        return execute(options) if options.mode == "exec" else serve(options)
    except (OSError, ValueError) as problem:
        print(f"simulator: {problem}", file=sys.stderr)
        return 1


def serve(options: argparse.Namespace) -> int:
    """Serve until Ctrl-C or SIGTERM."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with _simulator(options, port=options.port) as simulator, _stream(simulator, options):
        print(f"Security Center simulator at {simulator.endpoint}\n", flush=True)
        for name, value in _environment(simulator).items():
            print(f"  export {name}={value}")
        if options.state:
            print(f"\nIts state is in {options.state}: edit the file at any time.")
        print(f"\nCalls so far: {simulator.endpoint}/_simulator/calls\nStop it with Ctrl-C.", flush=True)
        stop.wait()
    return 0


def execute(options: argparse.Namespace) -> int:
    """Run a command beside a simulator on a free port; returns the command's exit code."""
    if not options.command:
        raise ValueError("exec needs a command: python -m simulator exec -- COMMAND [ARGUMENT …]")
    with _simulator(options) as simulator, _stream(simulator, options):
        if options.config_file:
            _write_config(options.config_file, simulator)
        surroundings = {name: value for name, value in os.environ.items() if name not in _FOREIGN}
        no_proxy = ",".join(filter(None, (os.environ.get("NO_PROXY"), "127.0.0.1")))
        surroundings |= {"NO_PROXY": no_proxy, "no_proxy": no_proxy} | _environment(simulator)
        try:
            child = subprocess.Popen(options.command, env=surroundings)
        except FileNotFoundError:
            print(f"simulator: no such command: {options.command[0]}", file=sys.stderr)
            return 127
        # Ctrl-C reaches the command too, which ends in its own time.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, lambda *_: child.terminate())
        code = child.wait()
    return code if code >= 0 else 128 - code


def _simulator(options: argparse.Namespace, port: int = 0) -> Simulator:
    return Simulator(
        _beginning(options),
        tls=options.tls,
        latency=options.latency,
        task_seconds=options.task_seconds,
        quotas=None if options.quota is None else {"*": options.quota},
        port=port,
        state_file=options.state,
    )


def _stream(simulator: Simulator, options: argparse.Namespace) -> AbstractContextManager[None]:
    return stream(simulator, options.stream) if options.stream else nullcontext()


def _beginning(options: argparse.Namespace) -> State | None:
    if options.crowd is not None:
        return crowd(options.crowd)
    if options.members is not None:
        return crowd_of_members(options.members, options.alerts_each)
    if options.servers is not None:
        return crowd_of_servers(options.servers, min(options.servers, options.with_alerts))
    return None


def _environment(simulator: Simulator) -> dict[str, str]:
    return {
        "SIMULATOR_ENDPOINT": simulator.endpoint,
        "SIMULATOR_ENDPOINT_INTERNATIONAL": simulator.endpoint_international,
        **({"SIMULATOR_CA_PATH": simulator.ca_path} if simulator.ca_path else {}),
        "ALIBABA_CLOUD_ACCESS_KEY_ID": simulator.access_key_id,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": simulator.access_key_secret,
    }


def _write_config(path: Path, simulator: Simulator) -> None:
    config = {
        "simulator_endpoint": simulator.endpoint,
        "simulator_access_key_id": simulator.access_key_id,
        "simulator_access_key_secret": simulator.access_key_secret,
    }
    path.write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")


def _parser() -> argparse.ArgumentParser:
    shared = argparse.ArgumentParser(add_help=False)
    beginning = shared.add_mutually_exclusive_group()
    beginning.add_argument("--state", type=Path, help="YAML file of the state; made from the seed when it is absent")
    beginning.add_argument("--crowd", type=int, metavar="N", help="begin with N pending alerts instead of the seed")
    beginning.add_argument("--members", type=int, metavar="N", help="begin with N member accounts that have alerts")
    beginning.add_argument("--servers", type=int, metavar="N", help="begin with N servers, some of which have an alert")
    shared.add_argument("--alerts-each", type=int, default=10, metavar="N", help="alerts of each of the --members")
    shared.add_argument("--with-alerts", type=int, default=10, metavar="N", help="how many of the --servers have one")
    shared.add_argument("--stream", type=float, metavar="N", help="show N new alerts a minute while it runs")
    shared.add_argument("--latency", type=float, metavar="S", help="seconds that each answer takes longer")
    shared.add_argument("--quota", type=int, metavar="N", help="calls a second for each action")
    shared.add_argument("--task-seconds", type=float, metavar="S", help="seconds that a handling task takes")
    shared.add_argument("--tls", action="store_true", help="serve https, with a certificate of a CA made for this run")
    parser = argparse.ArgumentParser(
        prog="python -m simulator", description="Security Center, embedded.", parents=[shared]
    )
    parser.add_argument("--port", type=int, default=0, help="port of 127.0.0.1 to serve on (default: a free one)")
    parser.set_defaults(mode="serve")
    modes = parser.add_subparsers(metavar="exec")
    help_exec = "run a command beside a simulator on a free port, and end with its exit code"
    run = modes.add_parser("exec", help=help_exec, parents=[shared])
    run.add_argument("--config-file", type=Path, help="YAML file to write endpoint and key to, for ansible-test")
    run.add_argument("command", nargs="*", metavar="COMMAND", help="what to run, after --")
    run.set_defaults(mode="exec")
    return parser


if __name__ == "__main__":
    sys.exit(main())
