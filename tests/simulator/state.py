# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the simulated service knows: accounts and keys, assets, alerts, tasks and what they left behind.

A state is one document (YAML or JSON) that a person can read and edit; see ``seed.py`` for one that is filled.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field, fields, replace
from typing import Any, TypeVar

import yaml

from .clock import Clock
from .document import from_document, to_document
from .finding import Finder

T = TypeVar("T")
PENDING, IGNORED, FALSE_POSITIVE, PROCESSING, HANDLED, EXPIRED, DELETED = 1, 2, 8, 16, 32, 64, 128
ALL = "ALL"  # of a whitelist rule: on every server
CHINA, INTERNATIONAL = PLANES = ("china", "international")
FIRST_RULE_ID = 600001
FREE_EDITION = 1  # AuthVersion in DescribeCloudCenterInstances: 1 is the Free Edition


@dataclass
class Account:
    """An Alibaba Cloud account; ``members`` are the accounts of the resource directory that it may act on.

    One that has ``left`` is still told among the members of another, and can't be acted on. ``quotas`` are its own where
    they differ from those of the settings. ``plane`` is where it calls.
    """

    id: int
    name: str = ""
    edition: int = 7
    members: list[int] = field(default_factory=list)
    left: bool = False
    added_s: int = 1_735_689_600
    basic_service: bool = False
    quotas: dict[str, int] = field(default_factory=dict)
    plane: str = field(default=CHINA, metadata={"document": False})

    def owns(self, record: Owned) -> bool:
        """Whether a record is of this account, and of the plane where it calls."""
        return record.account_id == self.id and record.plane == self.plane


@dataclass
class Key:
    """An access key. A key with a ``token`` is a temporary one; ``permissions`` None means every action.

    Those that STS gave out end at ``expires_ms`` (0: never) and act under ``session_arn``.
    """

    access_key_id: str
    secret: str
    account_id: int
    token: str = ""
    active: bool = True
    permissions: list[str] | None = None
    expires_ms: int = 0
    session_arn: str = ""


@dataclass
class Role:
    """A RAM role of an account. ``trusted`` are access key ids, account ids or ARNs of OIDC providers."""

    arn: str
    account_id: int
    trusted: list[str] = field(default_factory=list)
    external_id: str = ""
    permissions: list[str] | None = None
    max_session_seconds: int = 3600


@dataclass
class Asset:
    """A server."""

    uuid: str
    account_id: int
    instance_id: str
    name: str
    internet_ip: str = ""
    intranet_ip: str = ""
    group_id: int = 0
    group_name: str = "default"
    tag: str = ""
    region_id: str = "cn-hangzhou"
    vpc_id: str = ""
    cluster_id: str = ""
    cluster_name: str = ""
    os: str = "linux"
    os_name: str = "Alibaba Cloud Linux 3.2104 LTS 64bit"
    importance: int = 1
    client_status: str = "online"
    plane: str = CHINA


@dataclass
class MarkRule:
    """One whitelist rule, in the words of MarkMissParam."""

    field: str
    operate: str
    field_value: str
    uuid: str = "part"


@dataclass
class WhitelistRule:
    """One whitelist rule that lasts, for one kind of alert on one server; ``uuid`` ALL: on every server.

    ``event_type`` and ``event_name`` are the type and the subtype of the alerts.
    """

    id: int
    account_id: int
    event_type: str
    event_name: str
    field: str
    operate: str
    field_value: str
    uuid: str = "ALL"
    plane: str = CHINA


@dataclass
class Note:
    """A note on an alert."""

    id: int
    text: str
    noted_ms: int = 0


@dataclass(slots=True)
class Alert:
    """One row of DescribeSuspEvents. What is not given is filled by ``State.put_alert``.

    ``operations`` are the operation codes on offer, ``operations_beyond_edition`` those shown but not allowed.
    ``results`` makes an operation fail: {operation code: last part of the error code}. ``details``, ``mark_sources``
    and ``container`` are keyed as in ``catalogue.py``. ``done_event_ids`` are the events of a row of several that
    are handled while the row is not.
    """

    id: int
    account_id: int = 0
    event_ids: list[int] = field(default_factory=list)
    event_type: str = "Suspicious Process"
    sub_type: str = "suspicious_process"
    name: str = "Suspicious process"
    name_zh: str = ""
    description: str = ""
    level: str = "suspicious"
    status: int = PENDING
    occurred_ms: int = 0
    last_ms: int = 0
    uuid: str = ""
    attacker_ip: str = ""
    online: bool = True
    operations: list[str] = field(default_factory=lambda: ["advance_mark_mis_info", "ignore", "manual_handled"])
    operations_beyond_edition: list[str] = field(default_factory=list)
    results: dict[str, str] = field(default_factory=dict)
    details: dict[str, str] = field(default_factory=dict)
    mark_sources: dict[str, str] = field(default_factory=dict)
    container: dict[str, str] = field(default_factory=dict)
    tactics: list[str] = field(default_factory=list)
    ai_verdict: str = ""
    unique_info: str = ""
    alarm_unique_info: str = ""
    operate_error_code: str = ""
    operate_message: str = ""
    operate_ms: int = 0
    done_event_ids: list[int] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    plane: str = CHINA


@dataclass
class TaskEvent:
    """One event of a task. ``result`` is decided when the task starts and told when it ends."""

    event_id: int
    alert_id: int
    status_before: int
    result: str
    succeeds: bool
    status: str = "Processing"


@dataclass
class Task:
    """One accepted HandleSecurityEvents, owned by the account that called."""

    id: int
    account_id: int
    operation: str
    started_ms: int
    ends_ms: int
    events: list[TaskEvent]
    parameters: dict[str, Any] = field(default_factory=dict)
    mark_rules: list[MarkRule] = field(default_factory=list)
    remark: str = ""
    ended: bool = False
    plane: str = CHINA


@dataclass
class SimilarTask:
    """A search for the open alerts of the kind of one alert. What it finds is fixed when it starts, and told bit by bit."""

    id: int
    account_id: int
    scenario: str
    started_ms: int
    ends_ms: int
    event_ids: list[int]
    client_token: str = ""
    used: bool = False
    plane: str = CHINA


@dataclass
class QuarantinedFile:
    """A file that an operation took away from a server.

    One that is put back is ``rollbacking`` until ``rollback_ends_ms``. ``rollback_fails`` makes that fail, as it does
    when the server is offline by then.
    """

    id: int
    account_id: int
    alert_id: int
    uuid: str
    path: str
    md5: str
    modified_ms: int
    status: str = "quaraDone"
    rollback_ends_ms: int = 0
    rollback_fails: bool = False
    plane: str = CHINA


@dataclass
class BlockRecord:
    """An address that is blocked on some servers: a custom record, or what block_ip of HandleSecurityEvents made.

    ``enabled`` is what was asked for last. The servers follow at ``ends_ms`` (0: they have): until then those in
    ``enabled_uuids`` block it. ``errors`` are those on which that failed: {uuid: error code}.
    """

    id: int
    account_id: int
    block_ip: str
    expire_ms: int
    bound: str = "in"
    uuids: list[str] = field(default_factory=list)
    enabled: bool = False
    enabled_uuids: list[str] = field(default_factory=list)
    errors: dict[str, str] = field(default_factory=dict)
    ends_ms: int = 0
    source: str = "console"
    plane: str = CHINA

    @property
    def status(self) -> int:
        """0 is invalid, 1 enabled, 2 failed."""
        return 0 if not self.enabled else 2 if self.errors else 1


@dataclass
class BruteForceRecord:
    """An address that the service has blocked on one server by itself."""

    id: int
    account_id: int
    block_ip: str
    uuid: str
    expire_ms: int
    port: str = "22"
    rule_name: str = "ssh-brute-force"
    source: str = "blinkRule"
    enabled: bool = True
    error_code: str = ""
    plane: str = CHINA


Owned = Alert | Asset | Task | SimilarTask | QuarantinedFile | BlockRecord | BruteForceRecord | WhitelistRule


@dataclass
class Settings:
    """How the service behaves: ``quotas`` are calls a second for one action ("*": each action).

    ``similar_finds_itself``: a search for alerts of the kind of one alert finds that one too.
    What nobody could confirm can be had both ways: the last ones.
    """

    task_seconds: float = 0.05
    latency: float = 0.0
    quotas: dict[str, int] = field(default_factory=dict)
    # Whether the end of a whitelisting takes the alert's rules away too is not documented.
    rm_mark_mis_info_deletes_rules: bool = True
    similar_finds_itself: bool = True
    id_filter_finds_rows: bool = True
    id_filter_finds_events: bool = False
    text_times_utc: float = 8.0  # hours
    time_filters_utc: float = 8.0  # hours
    most_rows: int = 100
    uuid_criterion_exact: bool = True
    criteria_of_one_name: bool = True
    live_types_as_in_rows: bool = True
    one_list_for_members: bool = True


@dataclass
class State:
    """Everything. ``revision`` goes up with each change that a call, a finished task or ``put_alert`` makes.

    ``lent`` says that somebody holds a part of it and may change that behind our back: then nothing is remembered.
    """

    accounts: list[Account]
    keys: list[Key]
    assets: list[Asset] = field(default_factory=list)
    alerts: list[Alert] = field(default_factory=list)
    tasks: list[Task] = field(default_factory=list)
    similar_tasks: list[SimilarTask] = field(default_factory=list)
    quarantined_files: list[QuarantinedFile] = field(default_factory=list)
    block_records: list[BlockRecord] = field(default_factory=list)
    whitelist_rules: list[WhitelistRule] = field(default_factory=list)
    brute_force_records: list[BruteForceRecord] = field(default_factory=list)
    handled: dict[str, int] = field(default_factory=dict)
    roles: list[Role] = field(default_factory=list)
    oidc_tokens: list[str] = field(default_factory=list)
    settings: Settings = field(default_factory=Settings)
    clock: Clock = field(default_factory=Clock, metadata={"document": False}, repr=False)
    revision: int = field(default=0, metadata={"document": False})
    lent: bool = field(default=False, metadata={"document": False})

    def __post_init__(self) -> None:
        if not self.accounts:
            raise ValueError("state.accounts: must name at least one account")
        self._assets = Finder[Asset](lambda asset: (asset.uuid,))
        self._rows = Finder[Alert](lambda alert: (alert.id,))
        self._events = Finder[Alert](
            lambda alert: [(alert.account_id, alert.plane, str(event)) for event in alert.event_ids]
        )
        self._tasks = Finder[Task](lambda task: (task.id,))
        self._first_open = 0
        self._listings: dict[Hashable, Any] = {}
        self._listed_revision = self.revision
        for alert in self.alerts:
            self._complete(alert)
        for owned in (*self.alerts, *self.assets):
            _check_plane(owned)

    def account(self, account_id: int, plane: str = CHINA) -> Account:
        """The account with this id, as one that calls a plane."""
        found = next(account for account in self.accounts if account.id == account_id)
        return found if plane == found.plane else replace(found, plane=plane)

    def asset(self, uuid: str) -> Asset | None:
        """The asset with this uuid, or None (an alert of a cloud product has none)."""
        return self._assets.find(self.assets, uuid) if uuid else None

    def row(self, row_id: int) -> Alert | None:
        """The alert whose own Id this is, of whatever account."""
        return self._rows.find(self.alerts, row_id)

    def event(self, owner: Account | SimilarTask, event_id: int | str) -> Alert | None:
        """The alert of an account to which an event belongs, on the plane of ``owner``."""
        account_id = owner.id if isinstance(owner, Account) else owner.account_id
        return self._events.find(self.alerts, (account_id, owner.plane, str(event_id)))

    def task(self, task_id: int) -> Task | None:
        """The task with this id, of whatever account."""
        return self._tasks.find(self.tasks, task_id)

    def rules_of(self, alert: Alert) -> list[WhitelistRule]:
        """The whitelist rules that hold for an alert: those of its kind, for its server or for all."""
        kind = (alert.account_id, alert.plane, alert.event_type, alert.sub_type)
        return [
            rule
            for rule in self.whitelist_rules
            if (rule.account_id, rule.plane, rule.event_type, rule.event_name) == kind
            and rule.uuid in (alert.uuid, ALL)
        ]

    def add_rule(self, alert: Alert, rule: MarkRule) -> None:
        """Add a rule for the kind of an alert: part is its own server. One that is there already is left alone."""
        server = ALL if rule.uuid == ALL else alert.uuid
        wanted = (rule.field, rule.operate, rule.field_value, server)
        if all((one.field, one.operate, one.field_value, one.uuid) != wanted for one in self.rules_of(alert)):
            kind = (alert.account_id, alert.event_type, alert.sub_type)
            number = next_id(self.whitelist_rules, FIRST_RULE_ID)
            self.whitelist_rules.append(WhitelistRule(number, *kind, *wanted, plane=alert.plane))
            self.revision += 1

    def open_tasks(self) -> list[Task]:
        """The tasks that have not ended."""
        # Those before the oldest open one need not be looked at again.
        first = 0 if self.lent else self._first_open
        while first < len(self.tasks) and self.tasks[first].ended:
            first += 1
        self._first_open = first
        return [task for task in self.tasks[first:] if not task.ended]

    def of_account(self, account: Account) -> list[Alert]:
        """The alerts of an account on the plane where it calls. Not to be changed."""
        return self.listing("alerts by owner", self._alerts_by_owner).get((account.id, account.plane), [])

    def _alerts_by_owner(self) -> dict[tuple[int, str], list[Alert]]:
        found: dict[tuple[int, str], list[Alert]] = {}
        for alert in self.alerts:
            found.setdefault((alert.account_id, alert.plane), []).append(alert)
        return found

    def open_alerts(self) -> Counter[str]:
        """How many alerts are pending on each server, by its uuid. Not to be changed."""
        return self.listing("open alerts", lambda: Counter(one.uuid for one in self.alerts if one.status == PENDING))

    def listing(self, question: Hashable, answer: Callable[[], T]) -> T:
        """``answer()``, or what it was when the same was asked of the same revision. Not to be changed."""
        if self.lent:
            return answer()
        if self._listed_revision != self.revision:
            self._listings.clear()
            self._listed_revision = self.revision
        if question not in self._listings:
            self._listings[question] = answer()
        found: T = self._listings[question]
        return found

    def put_alert(self, values: dict[str, Any]) -> Alert:
        """Add an alert, or change the given fields of the one with that ``id``. A new one needs none."""
        row_id = values.get("id") or 1 + max((alert.id for alert in self.alerts), default=90000)
        present = self.row(row_id)
        merged = from_document(Alert, {**(to_document(present) if present else {}), **values, "id": row_id}, "alert")
        _check_plane(merged)
        self._complete(merged)
        self.revision += 1
        if present is None:
            self.alerts.append(merged)
            return merged
        for name in (item.name for item in fields(Alert)):
            setattr(present, name, getattr(merged, name))
        return present

    def _complete(self, alert: Alert) -> None:
        alert.account_id = alert.account_id or self.accounts[0].id
        alert.event_ids = alert.event_ids or [alert.id]
        alert.last_ms = alert.last_ms or self.clock.now_ms()
        alert.occurred_ms = alert.occurred_ms or alert.last_ms
        alert.alarm_unique_info = alert.alarm_unique_info or hashlib.md5(f"alarm {alert.id}".encode()).hexdigest()
        alert.unique_info = alert.unique_info or hashlib.md5(f"alert {alert.id}".encode()).hexdigest()
        for note in alert.notes:
            note.noted_ms = note.noted_ms or alert.last_ms
        if alert.attacker_ip:
            alert.mark_sources.setdefault("loginSourceIp", alert.attacker_ip)


def _check_plane(owned: Alert | Asset) -> None:
    if owned.plane not in PLANES:
        raise ValueError(f"plane must be among {', '.join(PLANES)}, not {owned.plane!r}")


def next_id(records: Iterable[Task | SimilarTask | QuarantinedFile | BlockRecord | WhitelistRule], first: int) -> int:
    """The id for a new record of a kind whose ids start at ``first``."""
    return max((record.id + 1 for record in records), default=first)


def parse_state(text: str) -> State:
    """A state out of YAML or JSON text; ValueError says what is wrong and where."""
    try:
        document = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError as problem:
        raise ValueError(f"not YAML: {problem}") from problem
    return from_document(State, document, "state")


def dump_state(state: State) -> str:
    """The state as YAML."""
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    return str(yaml.dump(to_document(state), Dumper=dumper, sort_keys=False, allow_unicode=True, width=110))
