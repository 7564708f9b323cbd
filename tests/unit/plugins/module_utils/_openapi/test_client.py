# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import ssl

import pytest
import requests
from urllib3.exceptions import MaxRetryError, NewConnectionError, ProtocolError, ProxyError, SSLError
from urllib3.util.ssl_match_hostname import CertificateError

from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.client import _json_object, flatten
from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.errors import ApiError, OptionError
from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.transport import Answer, base_url
from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.unreachable import unreachable


@pytest.mark.parametrize(
    ("endpoint", "url"),
    [
        ("tds.cn-shanghai.aliyuncs.com", "https://tds.cn-shanghai.aliyuncs.com"),
        ("tds.aliyuncs.com:8443", "https://tds.aliyuncs.com:8443"),
        ("https://tds.aliyuncs.com", "https://tds.aliyuncs.com"),
        ("https://tds.aliyuncs.com/", "https://tds.aliyuncs.com"),
        ("HTTPS://tds.aliyuncs.com", "https://tds.aliyuncs.com"),
        ("https://10.0.0.1:443", "https://10.0.0.1:443"),
        ("https://[2001:db8::1]:443", "https://[2001:db8::1]:443"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://127.8.9.1", "http://127.8.9.1"),
        ("http://[::1]:8080", "http://[::1]:8080"),
        ("http://localhost:8080", "http://localhost:8080"),
    ],
)
def test_the_url_of_an_endpoint(endpoint, url):
    assert base_url(endpoint) == url


@pytest.mark.parametrize(
    ("endpoint", "why"),
    [
        ("http://tds.aliyuncs.com", "is plain http: use https (http is for the loopback address only)"),
        ("http://10.0.0.1", "is plain http"),
        ("http://localhost.example.com", "is plain http"),
        ("http://127.0.0.1.example.com", "is plain http"),
        ("http://0.0.0.0", "is plain http"),
        ("ftp://tds.aliyuncs.com", "has the scheme ftp: use https"),
        ("tds.aliyuncs.com/path", "is not usable"),
        ("https://tds.aliyuncs.com/?a=b", "is not usable"),
        ("https://tds.aliyuncs.com#x", "is not usable"),
        ("user:secret@tds.aliyuncs.com", "is not usable"),
        ("http://127.0.0.1@tds.aliyuncs.com", "is not usable"),
        ("tds aliyuncs.com", "is not usable"),
        ("tds.аliyuncs.com", "is not usable"),  # a Cyrillic letter
        ("https://", "is not usable"),
        ("tds.aliyuncs.com:https", "is not a host or URL"),
        ("tds.aliyuncs.com:70000", "is not a host or URL"),
        ("https://[::1", "is not a host or URL"),
    ],
)
def test_an_endpoint_that_would_leak_or_mislead_is_refused(endpoint, why):
    with pytest.raises(OptionError) as caught:
        base_url(endpoint)
    shown = f"***@{endpoint.rpartition('@')[2]}" if "@" in endpoint else endpoint  # what stands before it may be a password
    assert str(caught.value).startswith(f"endpoint {shown} {why}")


@pytest.mark.parametrize(
    ("parameters", "flat"),
    [
        ({}, {}),
        ({"A": None}, {}),
        ({"A": "x", "B": "", "C": 0}, {"A": "x", "B": "", "C": "0"}),
        ({"A": True, "B": False}, {"A": "true", "B": "false"}),
        ({"Ids": ["7", "8"]}, {"Ids.1": "7", "Ids.2": "8"}),
        ({"Ids": (True, 5)}, {"Ids.1": "true", "Ids.2": "5"}),
        ({"Ids": []}, {}),
        ({"A": "告警 \U0001f512"}, {"A": "告警 \U0001f512"}),
    ],
)
def test_parameters_as_they_travel(parameters, flat):
    assert flatten(parameters) == flat


@pytest.mark.parametrize("parameters", [{"Remark": "a\ud800"}, {"Remark": ["b", "a\ud800"]}])
def test_text_without_a_utf8_form_is_refused_before_it_is_sent(parameters):
    with pytest.raises(OptionError, match="Remark holds a character that can't be sent"):
        flatten(parameters)


def _connection_error(reason: Exception) -> requests.exceptions.ConnectionError:
    return requests.exceptions.ConnectionError(MaxRetryError(None, "/", reason))


def _proxy_error(cause: Exception) -> requests.exceptions.ProxyError:
    return requests.exceptions.ProxyError(MaxRetryError(None, "/", ProxyError("Unable to connect to proxy", cause)))


def _tls_error(cause: Exception) -> requests.exceptions.SSLError:
    return requests.exceptions.SSLError(MaxRetryError(None, "/", SSLError(cause)))


# A connection that never stood has carried nothing; whatever broke later may have.
@pytest.mark.parametrize(
    ("error", "maybe_done", "repeatable", "every_call", "told"),
    [
        (_connection_error(NewConnectionError(None, "no route")), False, True, True, "h can't be reached: "),
        (requests.exceptions.ConnectTimeout("slow"), False, True, True, "h can't be reached: slow"),
        (_proxy_error(OSError("Tunnel connection failed: 407")), False, True, True, "h can't be reached: "),
        (_proxy_error(NewConnectionError(None, "no route")), False, True, True, "h can't be reached: "),
        (_proxy_error(OSError(104, "reset")), True, True, False, "the connection to h broke: "),
        (requests.exceptions.InvalidURL("http://user:Hush@proxy"), False, False, True, "no request to h can be made"),
        (OSError("no certificates in /x"), False, False, True, "no request to h can be made: no certificates in /x"),
        (ConnectionResetError(104, "reset"), True, True, False, "the connection to h broke: "),
        (requests.exceptions.ReadTimeout("slow"), True, True, False, "h gave no answer in time"),
        (_tls_error(ssl.SSLCertVerificationError("self-signed")), False, False, True, "the certificate of h was not accepted: "),
        (_tls_error(CertificateError("other name")), False, False, True, "the certificate of h was not accepted: "),
        (_tls_error(ssl.SSLError("bad record")), True, True, False, "the TLS connection to h broke: "),
        (requests.exceptions.SSLError(), True, True, False, "the TLS connection to h broke: "),
        (_connection_error(ProtocolError("reset")), True, True, False, "the connection to h broke: reset"),
        (requests.exceptions.ChunkedEncodingError("cut\n"), True, True, False, "the connection to h broke: cut\\n"),
        (requests.exceptions.ConnectionError(), True, True, False, "the connection to h broke: "),
    ],
)
def test_what_a_failure_below_http_means(error, maybe_done, repeatable, every_call, told):
    failure = unreachable("A", "h", error, True)
    assert failure.message.startswith(told)
    assert failure.hint
    assert "Hush" not in str(failure)
    assert (failure.maybe_done, failure.repeatable, failure.every_call) == (maybe_done, repeatable, every_call)


@pytest.mark.parametrize(
    ("content", "shown"),
    [
        (b"<html>bad gateway</html>", "<html>bad gateway</html>"),
        (b"", ""),
        (b"[1]", "[1]"),
        (b'"text"', '"text"'),
        (b'{"cut": ', '{"cut": '),
        (b"\xff\x1b[2J", "\ufffd\\x1b[2J"),
        (b"[" * 100000, "[" * 80),
        (b"9" * 5000, "9" * 80),
    ],
    ids=range(8),
)
def test_an_answer_that_is_no_json_object_says_nothing_of_what_was_done(content, shown):
    with pytest.raises(ApiError) as caught:
        _json_object("A", Answer(502, {}, content), True)
    assert caught.value.message == f"the answer (HTTP 502) is not a JSON object: {shown}"
    assert caught.value.maybe_done
    assert caught.value.repeatable
