"""The only room that opens, writes and removes files; nothing that lies in a folder is believed
([decision](../../docs/decisions/README.md), [what holds](../../docs/security.md)).

`folder` holds a folder and works below it, `named` is for files that the caller names, `lock` for locks, `system` for
files of the kernel and of this machine, `shipped` for those of netdsl itself, `scratch` for what goes away again.
"""
