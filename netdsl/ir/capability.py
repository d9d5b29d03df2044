"""Capabilities of Linux, capabilities(7): those that a node can be given, since what they allow stays in it; others."""

from collections.abc import Mapping

INSIDE: Mapping[str, str] = {
    "CHOWN": "files of the node change their owner",
    "DAC_OVERRIDE": "the modes of files of the node do not count",
    "FOWNER": "the owner of files of the node does not count",
    "FSETID": "set-user-ID bits outlive a change of the file",
    "KILL": "processes of the node get signals of others",
    "NET_ADMIN": "the node's own network is configured",
    "NET_BIND_SERVICE": "programs that ask for it before they listen below port 1024",
    "NET_RAW": "packets are captured, and sent with any header, on the node's own interfaces",
    "SETGID": "groups of processes of the node change",
    "SETPCAP": "rights are given up for good",
    "SETUID": "users of processes of the node change",
    "SYS_CHROOT": "a process of the node gets another root folder",
}
"""What each one is for."""

OUTSIDE = frozenset(
    """
    AUDIT_CONTROL AUDIT_READ AUDIT_WRITE BLOCK_SUSPEND BPF CHECKPOINT_RESTORE DAC_READ_SEARCH IPC_LOCK IPC_OWNER LEASE
    LINUX_IMMUTABLE MAC_ADMIN MAC_OVERRIDE MKNOD NET_BROADCAST PERFMON SETFCAP SYS_ADMIN SYS_BOOT SYS_MODULE SYS_NICE
    SYS_PACCT SYS_PTRACE SYS_RAWIO SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG SYSLOG WAKE_ALARM
    """.split()  # noqa: SIM905 - a text is read more easily than a column of words
)
"""Rights over the machine, or over more than a node."""
