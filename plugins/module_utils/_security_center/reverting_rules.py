# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Take alerts off the whitelist, with the rules that the handling had added and without those that stood before."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .._openapi.client import OpenApiClient
from .._openapi.errors import ApiError, SecurityCenterError
from .alerts import Record
from .changes import Changes
from .outcomes import FAILED, HANDLED, UNKNOWN, Ending, end_all
from .plan import Target, to_send
from .report import Report
from .request import HandleRequest
from .reverting_marks import Marks
from .ways_back import Reversal
from .whitelist import ALL, delete_rules, insert_rule, read_rules, rule_in_words, rule_kind, same_rule

_MOST_NAMED = 5


class Whitelisted(Marks):
    """Alerts that are whitelisted."""

    def __init__(
        self, client: OpenApiClient, request: HandleRequest, reversals: list[Reversal], report: Report
    ) -> None:
        super().__init__(client, request, reversals, report)
        self._changes = Changes(client, report, request.guard_rails)
        self._rules = {reversal.target.given: reversal.done.rules for reversal in reversals}
        self._before: list[Record] | None = None
        self._to_delete: list[Record] = []
        self._put_back_from: int | None = None  # from where on the calls of _changes came after the mark's
        if to_send(self.run.plan.targets):
            self._read()

    def _read(self) -> None:
        if self.run.plan.request.blind:
            self._report.warn(
                "the whitelist rules of a member account can't be listed without member_role_name: they are left as the service leaves them"
            )
            return
        self._before = read_rules(self._client)

    def settle(self, stop: str) -> None:
        super().settle(stop)
        self._to_delete = [rule for rule in self._before or [] if self._added(rule, to_send(self.run.plan.targets))]
        if self._to_delete and self._report.check_mode and not stop:
            delete_rules(self._client, self._changes, self._to_delete)

    def actions(self, *, check_mode: bool) -> list[dict[str, Any]]:
        made = self._changes.actions
        first = made if self._put_back_from is None else made[: self._put_back_from]
        return [*first, *super().actions(check_mode=check_mode), *made[len(first) :]]

    def changed(self, *, check_mode: bool) -> bool:
        return self._changes.changed or super().changed(check_mode=check_mode)

    def execute(self) -> None:
        """The added rules go first: were an alert open while its rule stands, it could be whitelisted again at once."""
        going = to_send(self.run.plan.targets)
        if self._to_delete:
            try:
                delete_rules(self._client, self._changes, self._to_delete)
            except SecurityCenterError as error:
                self._note(error)
                self._stop(going, f"not sent, for its whitelist rules could not be removed: {error}")
                return
        self._put_back_from = len(self._changes.actions)
        super().execute()
        if self._before is not None:
            try:
                self._put_back([target for target in going if self._outcome(target) in (HANDLED, UNKNOWN)])
            except SecurityCenterError as error:
                self._note(error)
                self._fail(going, f"it is pending again, but its whitelist rules could not be looked after: {error}")

    def _added(self, rule: Record, targets: Iterable[Target]) -> bool:
        """Whether ``rule`` is one that the handling of one of ``targets`` had added."""
        return any(same_rule(rule, one) for target in targets for one in self._named(target))

    def _named(self, target: Target) -> list[dict[str, Any]]:
        alert = target.alert or {}
        return [
            {
                **rule_kind(alert),
                "field": rule.get("field"),
                "operate": rule.get("operate"),
                "field_value": rule.get("field_value"),
                "uuid": ALL if rule.get("uuid") == ALL else alert["uuid"],
            }
            for rule in self._rules[target.given] or ()
        ]

    def _put_back(self, targets: list[Target]) -> None:
        """Make the rules again that stood before and that the service has removed with the mark."""
        now = read_rules(self._client)
        gone = [
            rule for rule in self._before or [] if not any(same_rule(rule, one) for one in [*now, *self._to_delete])
        ]
        for target in targets:
            own = [rule for rule in gone if _is_of(rule, target.alert or {})]
            if self._rules[target.given] is None:
                if own:
                    self._report.warn(f"with the mark of alert {target.given} the service removed {_in_words(own)}")
                continue
            for rule in own:
                insert_rule(self._client, self._changes, rule)
                gone.remove(rule)
        for target in targets:
            standing = [rule for rule in now if _is_of(rule, target.alert or {})]
            if self._outcome(target) == UNKNOWN and standing:
                self._ending(target).message += (
                    f"; when it is pending the service may have removed these whitelist rules with the mark, which "
                    f"would not be put back any more: {_in_words(standing)}"
                )
            elif self._rules[target.given] is None and standing:
                self._ending(target).message = f"these whitelist rules stand for such alerts: {_in_words(standing)}"

    def _outcome(self, target: Target) -> str:
        return self._ending(target).outcome

    def _ending(self, target: Target) -> Ending:
        return self.run.endings.get(target.event_ids[0], Ending())

    def _note(self, error: SecurityCenterError) -> None:
        if isinstance(error, ApiError):
            self.run.note(error)

    def _stop(self, targets: list[Target], message: str) -> None:
        end_all(self.run, [event_id for target in targets for event_id in target.event_ids], FAILED, message)

    def _fail(self, targets: list[Target], message: str) -> None:
        self._stop([target for target in targets if self._outcome(target) == HANDLED], message)


def _is_of(rule: Record, alert: Record) -> bool:
    kind = rule_kind(alert)
    return all(rule[name] == code for name, code in kind.items()) and rule["uuid"] in (ALL, alert["uuid"])


def _in_words(rules: list[Record]) -> str:
    more = f" and {len(rules) - _MOST_NAMED} more" if len(rules) > _MOST_NAMED else ""
    return "; ".join(map(rule_in_words, rules[:_MOST_NAMED])) + more
