# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The service's vocabulary: operation codes, types of alerts, labels in both languages, whitelist fields.

Codes, statuses and levels are those of the vendor's API reference (HandleSecurityEvents, DescribeSuspEvents,
DescribeSecurityEventOperations, HandleSimilarSecurityEvents). Texts are ours, in the vendor's manner.
"""

from __future__ import annotations

LANGUAGES = ("zh", "en")
LEVELS = ("serious", "suspicious", "remind")
STATUS_FILTERS = (0, 1, 2, 4, 8, 16, 32, 64, 128, 512, 513)
UNDEALT_STATUSES = (1, 16, 512)

OPERATION_CODES = frozenset({
    "block_ip", "advance_mark_mis_info", "ignore", "manual_handled", "kill_process", "cleanup", "kill_and_quara",
    "disable_malicious_defense", "client_problem_check", "quara", "defense_mark_mis_info",
    "rm_defense_mark_mis_info", "rm_mark_mis_info", "cancle_manual", "virus_quara", "offline_handled",
    "virus_quara_bin", "kill_virus", "stop_container", "kill_container_process", "mark_mis_info",
})  # fmt: skip
# These need the agent on the server; with the agent offline they end as AgentOffline.
HOST_OPERATIONS = frozenset({
    "kill_process", "cleanup", "kill_and_quara", "quara", "virus_quara", "virus_quara_bin", "kill_virus",
    "stop_container", "kill_container_process", "disable_malicious_defense", "client_problem_check",
})  # fmt: skip
QUARANTINING_OPERATIONS = frozenset({"quara", "virus_quara", "virus_quara_bin", "kill_and_quara"})
WHITELISTING_OPERATIONS = frozenset({"advance_mark_mis_info", "mark_mis_info"})
SUB_OPERATIONS = frozenset({
    "killAndQuaraFileByMd5andPath", "killByMd5andPath", "quaraFileByMd5andPath",
    "killAndQuaraFileByPidAndMd5andPath", "killProcessByPidandPathandCmdline", "killContainerProcessByMd5AndPath",
})  # fmt: skip
STATUS_AFTER = {"ignore": 2, "advance_mark_mis_info": 8, "mark_mis_info": 8, "rm_mark_mis_info": 1, "cancle_manual": 1}
STATUS_AFTER_OTHERS = 32
SUCCESS_CODES = {"advance_mark_mis_info": "advance_mark_mis_info.User.Success"}

# Type: (name in Chinese, name in English). The type is the same in every language.
EVENT_TYPES = {
    "Malicious Process": ("恶意进程(云查杀)", "Malicious Process (Cloud Threat Detection)"),
    "Webshell": ("网站后门", "Webshell"),
    "Unusual Logon": ("异常登录", "Unusual Logon"),
    "Suspicious Process": ("进程异常行为", "Suspicious Process"),
    "Malicious Script": ("恶意脚本", "Malicious Script"),
    "Suspicious Network Connection": ("异常网络连接", "Suspicious Network Connection"),
    "Container Cluster Exception": ("容器集群异常", "Container Cluster Exception"),
    "Cloud Threat Detection": ("云产品威胁检测", "Cloud Threat Detection"),
    "Precise Defense": ("精准防御", "Precise Defense"),
    "Sensitive File Tampering": ("敏感文件篡改", "Sensitive File Tampering"),
}
TACTICS = {
    "TA0001": ("初始访问", "Initial Access"),
    "TA0002": ("执行", "Execution"),
    "TA0003": ("持久化", "Persistence"),
    "TA0004": ("权限提升", "Privilege Escalation"),
    "TA0006": ("凭证访问", "Credential Access"),
    "TA0011": ("命令与控制", "Command and Control"),
    "TA0040": ("影响", "Impact"),
}
DETAIL_LABELS = {
    "attacker_ip": ("登录源IP", "Logon Source IP"),
    "location": ("登录地", "Logon Location"),
    "user": ("登录账号", "Logon Account"),
    "path": ("恶意文件路径", "Malicious File Path"),
    "md5": ("恶意文件MD5", "Malicious File MD5"),
    "pid": ("进程ID", "Process ID"),
    "command_line": ("命令行", "Command Line"),
    "remote_address": ("远程地址", "Remote Address"),
    "resource": ("云资源", "Cloud Resource"),
    "tip": ("提示", "Tip"),
}
_TEXT_MATCHES = ("contains", "notContains", "regex", "strEqual", "strNotEqual")
# Whitelist field: (alias in Chinese, alias in English, comparisons it allows).
MARK_FIELDS = {
    "loginSourceIp": ("登录源IP", "Logon Source IP", ("strEqual", "strNotEqual", "inIpSegment")),
    "loginUser": ("登录账号", "Logon Account", ("strEqual", "strNotEqual")),
    "filePath": ("文件路径", "File Path", _TEXT_MATCHES),
    "md5": ("文件MD5", "File MD5", ("strEqual",)),
    "cmdLine": ("命令行", "Command Line", _TEXT_MATCHES),
    "namespace": ("命名空间", "Namespace", ("strEqual", "strNotEqual")),
}
# Key of Alert.container: (field of a row, ContainerFieldName that searches it).
CONTAINER_FIELDS = {
    "cluster_id": ("K8sClusterId", "clusterId"),
    "cluster_name": ("K8sClusterName", "clusterName"),
    "namespace": ("K8sNamespace", "namespace"),
    "node_id": ("K8sNodeId", "instanceId"),
    "node_name": ("K8sNodeName", "nodeName"),
    "pod": ("K8sPodName", None),
    "container_id": ("ContainerId", None),
    "image_id": ("ContainerImageId", "imageDigest"),
    "image_name": ("ContainerImageName", "image"),
    "image_uuid": ("ImageUuid", None),
    "app_name": ("AppName", "appName"),
}


def mark_field(name: str) -> tuple[str, str, tuple[str, ...]]:
    """Aliases and allowed comparisons of a whitelist field; one that the table lacks allows every text comparison."""
    return MARK_FIELDS.get(name, (name, name, _TEXT_MATCHES))


def text(table: dict[str, tuple[str, str]], key: str, lang: str) -> str:
    """The display text of a key, or the key itself where the table has none."""
    return table[key][LANGUAGES.index(lang)] if key in table else key
