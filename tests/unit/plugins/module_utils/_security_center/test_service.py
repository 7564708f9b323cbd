# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.errors import OptionError
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.service import (
    PRODUCT,
    endpoint_for,
)

_CHINA, _INTERNATIONAL = "tds.cn-shanghai.aliyuncs.com", "tds.ap-southeast-1.aliyuncs.com"


@pytest.mark.parametrize(
    ("region", "endpoint"),
    [
        ("cn-shanghai", _CHINA),
        ("cn-hongkong", _CHINA),
        ("cn-hangzhou", _CHINA),
        ("ap-southeast-1", _INTERNATIONAL),
        ("eu-central-1", _INTERNATIONAL),
        ("me-central-1", _INTERNATIONAL),
    ],
)
def test_two_data_planes(region, endpoint):
    assert endpoint_for(region) == endpoint


@pytest.mark.parametrize(
    ("region", "sentence"),
    [
        (None, "region_id is missing: give cn-shanghai for the data plane of mainland China and Hong Kong, ap-southeast-1"),
        ("", "region_id is missing: "),
        ("mars-1\n", "region_id mars-1\\n is on no known data plane: give one of ap-northeast-1, "),
    ],
)
def test_a_region_is_never_guessed(region, sentence):
    with pytest.raises(OptionError) as caught:
        endpoint_for(region)
    assert str(caught.value).startswith(sentence)


def test_the_products_version_and_ram_name():
    assert (PRODUCT.version, PRODUCT.ram_code) == ("2018-12-03", "yundun-sas")
