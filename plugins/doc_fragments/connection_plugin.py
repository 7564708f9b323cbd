# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """How a plugin reaches the service: the options of the fragment connection, as plugins have them."""

    DOCUMENTATION = r"""
options:
  access_key_id:
    description:
      - The id of the access key.
      - A set of credentials is taken whole from one source. When none of O(access_key_id), O(access_key_secret) and
        O(security_token) is given, the environment variables E(ALIBABA_CLOUD_ACCESS_KEY_ID),
        E(ALIBABA_CLOUD_ACCESS_KEY_SECRET) and E(ALIBABA_CLOUD_SECURITY_TOKEN) are used, and when none of these is set,
        E(ALICLOUD_ACCESS_KEY) (or E(ALICLOUD_ACCESS_KEY_ID)), E(ALICLOUD_SECRET_KEY) (or
        E(ALICLOUD_SECRET_ACCESS_KEY)) and E(ALICLOUD_SECURITY_TOKEN).
    type: str
    aliases: [alicloud_access_key, access_key]
  access_key_secret:
    description:
      - The secret of the access key.
    type: str
    aliases: [alicloud_secret_key, secret_access_key, secret_key]
  security_token:
    description:
      - The security token, for temporary credentials.
    type: str
    aliases: [alicloud_security_token]
  profile:
    description:
      - The profile of the Alibaba Cloud CLI, in C(~/.aliyun/config.json), whose credentials are used, in any mode that the
        Python library C(alibabacloud_credentials) knows.
    type: str
  ecs_role_name:
    description:
      - The role of the ECS instance that Ansible runs on, whose credentials its metadata service gives.
    type: str
  role_arn:
    description:
      - A role to assume on top of the credentials, such as V(acs:ram::1234567890123456:role/responder).
    type: str
    aliases: [assume_role_arn]
  role_session_name:
    description:
      - The name of the session, which the audit log shows.
    type: str
    aliases: [assume_role_session_name]
  external_id:
    description:
      - The external id that the role's trust policy asks for.
    type: str
  role_policy:
    description:
      - A policy, as JSON, that the session is limited to beside what the role may do.
    type: str
  role_session_expiration:
    description:
      - Seconds for which the session is asked for, 900 to 43200. It is renewed before it ends.
    type: int
  sts_endpoint:
    description:
      - The host that is asked for the role, such as V(sts-vpc.cn-shanghai.aliyuncs.com), in place of C(sts.aliyuncs.com).
    type: str
  region_id:
    description:
      - A region of the data plane to ask. Security Center has two data planes, each with alerts of its own.
        V(cn-shanghai) and every other region of mainland China and V(cn-hongkong) lead to one,
        V(ap-southeast-1) and every other region lead to the other.
      - Required, unless O(endpoint) is given.
    type: str
    aliases: [alicloud_region, region]
    env:
      - name: ALIBABA_CLOUD_REGION_ID
      - name: ALIBABA_CLOUD_REGION
      - name: ALICLOUD_REGION
      - name: ALICLOUD_REGION_ID
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
notes:
  - Proxies are taken from the environment, as the Python library C(requests) does.
  - The plugin calls the API from where Ansible runs.
seealso:
  - name: Security Center API reference
    description: The vendor's documentation of the calls.
    link: https://www.alibabacloud.com/help/en/security-center/developer-reference/api-overview
"""
