# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Facts about the service that no reference confirms: how each can be seen by reading, and what to set when it is not so."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any, Callable, NamedTuple

from .._openapi.client import OpenApiClient
from .._openapi.errors import no_such_answer
from .._openapi.text import printable
from .alerts import Row, addresses, number, record_of, rows_of, text, texts
from .members import list_members
from .offers import attacker_addresses, read_offers
from .operations import OPERATIONS
from .times import from_service_text, service_text

CONFIRMED, REFUTED, NOT_SEEN = "confirmed", "refuted", "not seen"

_LIST, _SERVERS, _TYPES = "DescribeSuspEvents", "DescribeCloudCenterInstances", "DescribeNsasSuspEventType"
_PAGE_SIZE = 100
_HALF_A_DAY = 12 * 3_600_000  # in milliseconds
_LOOKED_AT = 3  # alerts of which the operations are read, members that are counted, events that are looked up

_ONLY_ONE = "there is only one alert, which everything finds"

Verdict = tuple[str, str]  # and the evidence in a sentence


class Asking:
    """Questions to one data plane. The same one is sent once; ``asked`` has those of the fact that is looked at."""

    def __init__(self, client: OpenApiClient) -> None:
        self.client = client
        self.calls = 0
        self.asked: list[dict[str, Any]] = []
        self._answers: dict[str, Any] = {}

    def once(self, action: str, parameters: dict[str, Any], read: Callable[[], Any]) -> Any:
        """What ``read``, which calls ``action`` with ``parameters``, gave."""
        question = {"action": action, "parameters": parameters}
        self.asked.append(question)
        key = json.dumps(question, sort_keys=True)
        if key not in self._answers:
            self.calls += 1
            self._answers[key] = read()
        return self._answers[key]

    def alerts(self, **parameters: Any) -> tuple[list[Row], int]:
        """The first page of the alerts that ``parameters`` find, and how many the service counts. Raises ApiError."""
        given = {"From": "sas", "Lang": "en", "CurrentPage": 1, "PageSize": _PAGE_SIZE, **parameters}
        answer = self.once(_LIST, given, lambda: self.client.call(_LIST, given))
        if not isinstance(answer.get("SuspEvents"), list):
            raise no_such_answer(_LIST, "list of alerts")
        return rows_of(answer["SuspEvents"]), number(answer.get("TotalCount")) or 0

    def open_alerts(self) -> list[Row]:
        """The newest open alerts. Raises ApiError."""
        return self.alerts(Dealed="N")[0]

    def handled_alerts(self) -> list[Row]:
        """The alerts that were handled last. Raises ApiError."""
        return self.alerts(Dealed="Y")[0]

    def only_one(self) -> bool:
        """Whether there is one alert in all. Raises ApiError."""
        return len({*_ids(self.open_alerts()), *_ids(self.handled_alerts())}) < 2

    def servers(self, *uuids: str) -> set[str | None]:
        """The uuids of the servers that the criteria ``uuids`` find. Raises ApiError."""
        criteria = json.dumps([{"name": "uuid", "value": uuid} for uuid in uuids])
        given = {"Criteria": criteria, "LogicalExp": "OR", "CurrentPage": 1, "PageSize": _PAGE_SIZE}
        answer = self.once(_SERVERS, given, lambda: self.client.call(_SERVERS, given))
        return {text(row.get("Uuid")) for row in rows_of(answer.get("Instances"))}

    def offers(self, row: Row) -> list[dict[str, Any]]:
        """What the service offers for an alert. Raises ApiError."""
        event = (texts(row.get("SecurityEventIds")) or [str(row.get("Id"))])[0]
        given = {"SecurityEventId": event, "Lang": "en"}
        offers: list[dict[str, Any]] = self.once(
            "DescribeSecurityEventOperations", given, lambda: read_offers(self.client, event, "en")
        )
        return offers


class Fact(NamedTuple):
    """What is believed, how it is looked at, and what to set when it is not so."""

    name: str
    statement: str
    look: Callable[[Asking], Verdict]
    otherwise: str


def _row_by_id(asking: Asking) -> Verdict:
    rows = asking.open_alerts() or asking.handled_alerts()
    if not rows:
        return NOT_SEEN, "there is no alert"
    wanted = str(rows[-1].get("Id"))
    found = _ids(asking.alerts(Id=wanted)[0])
    if found == [wanted] and asking.only_one():
        return NOT_SEEN, _ONLY_ONE
    return _agree(found == [wanted], f"Id {wanted} finds {_words(found)}")


def _row_by_event(asking: Asking) -> Verdict:
    for row in [*asking.open_alerts(), *asking.handled_alerts()]:
        events = [one for one in texts(row.get("SecurityEventIds")) if one != str(row.get("Id"))]
        if len(events) > 1:
            found = {event: _ids(asking.alerts(Id=event)[0]) for event in events[:_LOOKED_AT]}
            told = "; ".join(f"Id {event} finds {_words(ids)}" for event, ids in found.items())
            # An event's id may be that of another row too. What finds more than that is no filter.
            agrees = all(
                str(row.get("Id")) in ids and {str(row.get("Id")), event} >= set(ids) for event, ids in found.items()
            )
            if agrees and asking.only_one():
                return NOT_SEEN, _ONLY_ONE
            return _agree(agrees, f"alert {row.get('Id')}: {told}")
    return NOT_SEEN, "no alert on the first pages has several events"


def _text_times(asking: Asking) -> Verdict:
    seen = 0
    for row in [*asking.open_alerts(), *asking.handled_alerts()]:
        for name in ("OccurrenceTime", "LastTime"):
            stamp, written = number(row.get(f"{name}Stamp")), from_service_text(row.get(name))
            if stamp is None or written is None:
                continue
            seen += 1
            if abs(written - stamp) > 1000:
                hours = 8 + round((written - stamp) / 3_600_000, 2)
                return REFUTED, f"{name} of alert {row.get('Id')} is its stamp in UTC{hours:+g}"
    return (
        (CONFIRMED, f"{seen} times agree with their stamps")
        if seen
        else (NOT_SEEN, "no row has a time as text and as stamp")
    )


def _time_filters(asking: Asking) -> Verdict:
    rows = asking.open_alerts() or asking.handled_alerts()
    stamp = number(rows[-1].get("LastTimeStamp")) if rows else None
    if stamp is None:
        return NOT_SEEN, "there is no alert with a time"
    wanted = str(rows[-1].get("Id"))

    def found_at(at: int) -> bool:
        window = {"TimeStart": service_text(at - 1000), "TimeEnd": service_text(at + 1000)}
        return wanted in _ids(asking.alerts(Id=wanted, **window)[0])

    if wanted not in _ids(asking.alerts(Id=wanted)[0]):
        return NOT_SEEN, "the filter Id does not find the alert"
    if not found_at(stamp):
        return REFUTED, f"alert {wanted} is not found in the seconds around its last time"
    for when, shift in (("before", -_HALF_A_DAY), ("after", _HALF_A_DAY)):
        if found_at(stamp + shift):
            return REFUTED, f"alert {wanted} is found in the seconds around its last time, and half a day {when} it too"
    return CONFIRMED, f"alert {wanted} is found in the seconds around its last time, and not half a day off"


def _page_size(asking: Asking) -> Verdict:
    for dealed in ("N", "Y"):
        rows, total = asking.alerts(Dealed=dealed)
        if len(rows) < min(total, _PAGE_SIZE) or total >= _PAGE_SIZE:
            return _agree(len(rows) == min(total, _PAGE_SIZE), f"{len(rows)} of {total} alerts came on the first page")
    return NOT_SEEN, f"there are fewer than {_PAGE_SIZE} alerts, and all of them came on the first page"


def _exact_uuid(asking: Asking) -> Verdict:
    for uuid in _servers_there(asking):
        if asking.servers(uuid) != {uuid}:
            return REFUTED, f"the criterion uuid {uuid} finds {_words(asking.servers(uuid))}"
        part = uuid[: len(uuid) // 2]
        found = asking.servers(part)
        return _agree(not found, f"half of a uuid, {part}, finds {len(found)} servers")
    return NOT_SEEN, "no open alert that was looked at is on a server that the service finds"


def _two_criteria(asking: Asking) -> Verdict:
    uuids = _servers_there(asking)[:2]
    if len(uuids) < 2:
        return NOT_SEEN, "the open alerts that were looked at are not on two servers that the service finds"
    found, wanted = asking.servers(*uuids), asking.servers(uuids[0]) | asking.servers(uuids[1])
    return _agree(
        found == wanted, f"two criteria uuid with OR find {len(found)} servers, one after the other {len(wanted)}"
    )


def _event_types(lang: str) -> Callable[[Asking], Verdict]:
    def look(asking: Asking) -> Verdict:
        rows = asking.alerts(Dealed="N", Lang=lang)[0]
        if not rows:
            return NOT_SEEN, "there is no open alert"
        given = {"From": "sas", "Lang": lang}
        answer = asking.once(_TYPES, given, lambda: asking.client.call(_TYPES, given))
        types = rows_of(answer.get("EventTypes"))
        pairs = (("AlarmEventType", "Type"), ("AlarmEventTypeDisplay", "Name"))
        unknown = [
            str(row.get(field))
            for field, name in pairs
            for row in rows
            if row.get(field) and row.get(field) not in {one.get(name) for one in types}
        ]
        if not any(row.get(field) for field, _name in pairs for row in rows):
            return NOT_SEEN, "no alert tells its type"
        if unknown:
            return REFUTED, f"the live list does not have {_words(dict.fromkeys(unknown))}"
        return CONFIRMED, f"the types of {len(rows)} alerts are among the {len(types)} of the live list"

    return look


def _one_list(asking: Asking) -> Verdict:
    members = asking.once("DescribeMonitorAccounts", {}, lambda: list_members(asking.client))
    ids = {str(member["account_id"]) for member in members}
    if not ids:
        return NOT_SEEN, "the account has no members"
    own = asking.alerts(Dealed="N")[1]
    rows, together = asking.alerts(Dealed="N", MultiAccountActionType=1)
    theirs = sum(text(row.get("SourceAliUid")) in ids for row in rows)
    if theirs:
        return CONFIRMED, f"{theirs} of {len(rows)} alerts are of members"
    counted = sum(asking.alerts(Dealed="N", ResourceDirectoryAccountId=one)[1] for one in sorted(ids)[:_LOOKED_AT])
    if counted and (together == own or together >= own + counted):
        return _agree(together > own, f"it counts {together} alerts, the account has {own}, members at least {counted}")
    return NOT_SEEN, "no member that was looked at has an open alert, or alerts came meanwhile"


def _attacker(asking: Asking) -> Verdict:
    rows = [row for row in asking.open_alerts() if _foreign_addresses(row)]
    # First those whose details label an address as an attacker's. That of a mining pool is none.
    rows.sort(key=lambda row: not record_of(row, ("attacker_addresses",))["attacker_addresses"])
    for row in rows[:_LOOKED_AT]:
        offers = asking.offers(row)
        told = attacker_addresses(offers)
        blocks = any(offer["operation_code"] == "block_ip" for offer in offers)
        if not any(offer["mark_fields_source"] for offer in offers) or not (told or blocks):
            continue
        found = set(told) & _foreign_addresses(row)
        return _agree(
            bool(found),
            f"loginSourceIp of alert {row.get('Id')} {'is among' if found else 'is none of'} the addresses in its details",
        )
    return (
        NOT_SEEN,
        "no alert that was looked at has an attacker's address, or can be handled by block_ip, and be whitelisted",
    )


def _codes(asking: Asking) -> Verdict:
    rows = asking.open_alerts()[:_LOOKED_AT]
    codes = dict.fromkeys(str(offer["operation_code"]) for row in rows for offer in asking.offers(row))
    if not codes:
        return NOT_SEEN, "no alert that was looked at has operations"
    unknown = [code for code in codes if code not in OPERATIONS]
    return _agree(not unknown, f"{len(rows)} alerts offer {_words(unknown or codes)}")


def _last_parts(asking: Asking) -> Verdict:
    codes = {code for code in (text(row.get("OperateErrorCode")) for row in asking.handled_alerts()) if code}
    if not codes:
        return NOT_SEEN, "no handled alert tells how its handling ended"
    strange = sorted(code for code in codes if "." not in code)
    return _agree(not strange, f"handled alerts tell {_words(strange or sorted(codes))}")


FACTS = (
    Fact("id_filter_row", "The filter Id finds an alert by the id of its row.", _row_by_id,
         "Report it: tasks that name alerts read whole lists, and are slow."),
    Fact("id_filter_event", "The filter Id finds an alert by each of its events.", _row_by_event,
         "Give security_event_ids as the ids of rows: ids of events read whole lists."),
    Fact("text_times", "Times as text are UTC+8.", _text_times,
         "Use the fields that end in _stamp; event notes tell wrong times."),
    Fact("time_filters", "TimeStart and TimeEnd are UTC+8.", _time_filters,
         "Leave out time_start and time_end, and filter by last_time_stamp."),
    Fact("page_size", "A page holds 100 alerts.", _page_size,
         "Report it before you trust a list: pages may be left out. Name alerts by security_event_ids."),
    Fact("uuid_exact", "The criterion uuid finds one server, by its whole uuid.", _exact_uuid,
         "Nothing: the modules compare the uuid themselves."),
    Fact("criteria_or", "LogicalExp OR finds what meets one of two criteria of one name.", _two_criteria,
         "Give one value of a criterion in a task, and loop over the values."),
    Fact("event_types_en", "With lang en the live list of types spells them as alerts do.", _event_types("en"),
         "Copy parent_event_types from the alerts, and take no notice of the warning."),
    Fact("event_types_zh", "With lang zh the live list of types spells them as alerts do.", _event_types("zh"),
         "Set lang to en where you filter by parent_event_types."),
    Fact("one_list", "One list can hold the alerts of all members.", _one_list,
         "Nothing: accounts are read one by one; raise requests_per_second if your quota allows it."),
    Fact("attacker_address", "The attacker's address is told as loginSourceIp.", _attacker,
         "Leave block_ip out of allowed_operations: block with custom_block_record, by address."),
    Fact("operation_codes", "All operations on offer are known to this collection.", _codes,
         "Handle by the unknown codes in the console only."),
    Fact("operation_ends", "The end of a handling is told as operation.result.", _last_parts,
         "Go by event_status, not by operate_error_code."),
)  # fmt: skip

# What only a write shows, or nothing.
NOT_VISIBLE = (
    ("One HandleSecurityEvents takes 20 alerts.", "only a handling shows it; batch_size lowers it"),
    ("DescribeSecurityEventOperationStatus wants TaskId and SecurityEventIds.", "it takes a task, which only a handling makes"),
    ("A list of whitelist rules replaces the one before.", "only a handling shows it"),
    ("Which status an operation leads to.", "only a handling shows it"),
    ("Which record a block_ip makes.", "only a handling shows it"),
    ("A custom block record is made disabled.", "only making one shows it"),
    ("Which quarantined file belongs to which alert, and how long it is kept.", "nothing that can be read ties them"),
    ("client_problem_check works from the console only.", "only a handling shows it"),
    ("Whose quota a call about a member counts against, and how large it is.", "only using it up shows it; requests_per_second"),
    ("What members on the free edition refuse.", "each account differs; preflight_info asks them"),
)  # fmt: skip


def _agree(agrees: bool, evidence: str) -> Verdict:
    return CONFIRMED if agrees else REFUTED, evidence


def _ids(rows: Sequence[Row]) -> list[str]:
    return [str(row.get("Id")) for row in rows]


def _servers_there(asking: Asking) -> list[str]:
    """The servers of the first open alerts, without those that are gone."""
    uuids = _servers_of(asking.open_alerts())[:_LOOKED_AT]
    return [uuid for uuid in uuids if uuid in asking.servers(uuid)]


def _servers_of(rows: Iterable[Row]) -> list[str]:
    return list(dict.fromkeys(uuid for uuid in (text(row.get("Uuid")) for row in rows) if uuid))


def _foreign_addresses(row: Row) -> set[str]:
    """The addresses in an alert's details that are not the server's own."""
    told = {address for detail in rows_of(row.get("Details")) for address in addresses(detail.get("Value"))}
    return told - {text(row.get("InternetIp")), text(row.get("IntranetIp"))}


def _words(values: Iterable[object]) -> str:
    return printable(", ".join(printable(value, 60) for value in values) or "nothing")
