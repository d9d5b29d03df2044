"""What holds where an `ipsec` says nothing: one table."""

from netdsl.ir.tunnel import Mode
from netdsl.kinds.ipsec.ir import DpdAction

IKE_PROPOSALS = ("aes256gcm16-prfsha384-ecp384",)
ESP_PROPOSALS = ("aes256gcm16-ecp384",)

TUNNEL_MODE = Mode.TUNNEL
START = "at boot"
DPD_SECONDS = 30
DPD_ACTION = {"at boot": DpdAction.RESTART, "on traffic": DpdAction.TRAP, "by hand": DpdAction.CLEAR}
"""After a dead peer: by what opens the tunnel."""
MOBIKE = False
ENCAP = False
IKE_REKEY_SECONDS = 4 * 3600
CHILD_REKEY_SECONDS = 3600
"""strongSwan's own: swanctl.conf(5), rekey_time."""
