"""Near misses of OpenVPN: clients that ask for one another through a gateway that does not relay."""

from collections.abc import Iterator

from netdsl.kinds.openvpn.ir import KIND
from netdsl.kinds.openvpn.tree import Openvpn
from netdsl.mending.candidate import Candidate, FailedLine
from netdsl.mending.relays import relaying


def propose_relay(failure: FailedLine) -> Iterator[Candidate]:
    return relaying(failure, KIND, Openvpn)


PROPOSERS = (propose_relay,)
