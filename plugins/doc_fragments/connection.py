# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """How a module reaches the service; CONNECTION_OPTIONS in module_utils/_module.py is its other half."""

    DOCUMENTATION = r"""
options:
  access_key_id:
    description:
      - The id of the access key.
      - A set of credentials is taken whole from the first place that names one. The options O(access_key_id), O(access_key_secret)
        and O(security_token) come first, or O(profile) or O(ecs_role_name) in place of them.
      - Then come the environment variables E(ALIBABA_CLOUD_ACCESS_KEY_ID), E(ALIBABA_CLOUD_ACCESS_KEY_SECRET) and
        E(ALIBABA_CLOUD_SECURITY_TOKEN), then E(ALICLOUD_ACCESS_KEY) (or E(ALICLOUD_ACCESS_KEY_ID)), E(ALICLOUD_SECRET_KEY) (or
        E(ALICLOUD_SECRET_ACCESS_KEY)) and E(ALICLOUD_SECURITY_TOKEN).
      - Then an OIDC login by E(ALIBABA_CLOUD_OIDC_PROVIDER_ARN), E(ALIBABA_CLOUD_OIDC_TOKEN_FILE) and E(ALIBABA_CLOUD_ROLE_ARN), and
        what one of E(ALIBABA_CLOUD_PROFILE) (or E(ALICLOUD_PROFILE)), E(ALIBABA_CLOUD_CREDENTIALS_FILE),
        E(ALIBABA_CLOUD_ECS_METADATA) (or E(ALICLOUD_ECS_ROLE_NAME)) and E(ALIBABA_CLOUD_CREDENTIALS_URI) names, in this order.
      - Last come the current profile in C(~/.aliyun/config.json), the section C(default) in C(~/.alibabacloud/credentials.ini), and the
        role of the ECS instance that the module runs on.
      - With C(-vv) the result tells in C(credential_method) by which method the module has logged in.
    type: str
    aliases: [alicloud_access_key, access_key]
  access_key_secret:
    description:
      - The secret of the access key. See O(access_key_id) for what is used when it is not given.
    type: str
    aliases: [alicloud_secret_key, secret_access_key, secret_key]
  security_token:
    description:
      - The security token, for temporary credentials. See O(access_key_id) for what is used when it is not given.
    type: str
    aliases: [alicloud_security_token]
  profile:
    description:
      - The profile in C(~/.aliyun/config.json), the file of the Alibaba Cloud CLI, by which to log in. It may have each mode that the
        Python library C(alibabacloud_credentials) knows.
      - It excludes O(access_key_id) and O(ecs_role_name). See O(access_key_id) for what is used when it is not given.
    type: str
  ecs_role_name:
    description:
      - The RAM role of the ECS instance that the module runs on, by whose credentials to log in.
      - It excludes O(access_key_id) and O(profile). See O(access_key_id) for what is used when it is not given.
    type: str
  role_arn:
    description:
      - The RAM role to assume on top of the login, such as V(acs:ram::1234567890123456:role/security-responder). It is assumed once in
        a task, and its session is renewed before it ends.
      - The environment variable E(ALIBABA_CLOUD_ROLE_ARN) is used when it is not given, unless it names the role of an OIDC login.
    type: str
    aliases: [assume_role_arn]
  role_session_name:
    description:
      - The name of the session under the role, which ActionTrail shows. It has 2 to 64 of letters, digits and C(. @ - _).
      - When it is not given, the environment variable E(ALIBABA_CLOUD_ROLE_SESSION_NAME) is used, and when that is not set,
        V(ansible-security-center).
    type: str
    aliases: [assume_role_session_name]
  external_id:
    description:
      - The external id that the trust policy of the role in O(role_arn) asks for.
    type: str
  role_policy:
    description:
      - A RAM policy, as JSON, of 2048 characters at most. The session may do what both this policy and the role allow.
      - Where one role is assumed on top of another it is for the last one. Without a role it is refused, for it would narrow nothing.
    type: str
  role_session_expiration:
    description:
      - Seconds for which a session is asked for, 900 to 43200. The role has a maximum of its own, of 3600 unless it was raised.
    type: int
  sts_endpoint:
    description:
      - The host that is asked for sessions, such as V(sts-vpc.cn-shanghai.aliyuncs.com) inside a VPC. It is C(sts.aliyuncs.com) when this
        is not given.
    type: str
  region_id:
    description:
      - A region of the data plane to ask. Security Center has two data planes, each with alerts of its own.
        V(cn-shanghai) and every other region of mainland China and V(cn-hongkong) lead to one,
        V(ap-southeast-1) and every other region lead to the other.
      - Required, unless O(endpoint) is given.
      - The environment variables E(ALIBABA_CLOUD_REGION_ID), E(ALIBABA_CLOUD_REGION), E(ALICLOUD_REGION) and
        E(ALICLOUD_REGION_ID) are used when it is not given.
    type: str
    aliases: [alicloud_region, region]
  endpoint:
    description:
      - The host to call in place of the one that belongs to O(region_id), such as V(tds.vpc-proxy.aliyuncs.com) from
        inside a VPC.
      - A URL with plain C(http) is accepted for the loopback address only. Redirects are never followed.
    type: str
  timeout:
    description:
      - Seconds to wait for the connection (10 at most), and for each answer as a whole.
    type: float
    default: 30
  max_retries:
    description:
      - How often a call is repeated at most. Reads are repeated after throttling, network errors and faults of the
        service; writes only after an error that proves that nothing was done.
      - A call is not repeated any more two minutes after it was made first.
    type: int
    default: 5
  requests_per_second:
    description:
      - How many calls of one action start in a second at most. The service's quotas count for each account and action,
        for all users of the account together.
      - An action that is throttled all the same gets slower, and recovers.
    type: float
    default: 8
  max_concurrency:
    description:
      - How many calls are under way at once at most, of all actions together.
    type: int
    default: 5
  validate_certs:
    description:
      - Whether the service's certificate is verified. Set it to V(false) only for tests.
    type: bool
    default: true
  ca_path:
    description:
      - A file or directory with the certificates of the authorities to trust, in place of the system's.
    type: path
requirements:
  - requests
  - alibabacloud_credentials, for each way to log in but access keys and a role on top of them
notes:
  - Proxies are taken from the environment, as the Python library C(requests) does.
  - The module calls the API from where it runs, which usually is C(localhost).
seealso:
  - name: Security Center API reference
    description: The vendor's documentation of the calls.
    link: https://www.alibabacloud.com/help/en/security-center/developer-reference/api-overview
"""
