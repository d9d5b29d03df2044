"""What libvirt has of labs: by the marks on machines and networks, compared as wholes."""

from pathlib import Path
from xml.sax.saxutils import escape

import pytest

from netdsl.backends.vagrant import leftovers
from netdsl.runtime.driver import FoundLab

_MACHINES = {
    "exam_a": ("netdsl exam", "Source: /labs/exam/vagrant/Vagrantfile"),
    "exam_b.node": ("netdsl exam", "Source: /labs/exam/vagrant/Vagrantfile"),
    "exam_two_c": ("netdsl exam", "Source: /labs/two/Vagrantfile"),
    "exam2_a": ("netdsl exam", "Source: relative/Vagrantfile"),
    "shop_web": ("", "Source: /srv/shop/Vagrantfile"),
    "odd_a": ("netdsl <exam>", ""),
    "unrelated": ("netdsl exam", ""),
}
_NETWORKS = {
    "exam.lan": "<mtu size='1500'/><domain name='netdsl'/>",
    "exam.old": "<mtu size='1500'/><domain name='netdsl'/>",
    "exam.wan": "<mtu size='9000'/><domain name='netdsl'/>",
    "exam.theirs": "<mtu size='1500'/>",
    "exam2.lan": "<mtu size='1500'/><domain name='netdsl'/>",
    "netdsl-exam": "<ip address='10.176.0.1' netmask='255.255.255.192'/><forward mode='nat'/>",
}
_WANTED = {"exam.lan": "mtu 1500", "exam.wan": "mtu 1500", "netdsl-exam": "10.176.0.0/26 nat"}


class TestWhatLibvirtHas:
    @pytest.fixture(autouse=True)
    def told(self, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
        told: list[tuple[str, ...]] = []

        def libvirt(*words: str) -> str:
            match words:
                case ("list", *_):
                    return "\n".join(_MACHINES)
                case ("net-list", *_):
                    return "\n".join(_NETWORKS)
                case ("pool-list", *_):
                    return "default\n"
                case ("vol-list", *_):
                    return "exam_a.img /v/exam_a.img\nexam2_a.img /v/exam2_a.img\nexam_a.img.bak /v/x\n"
                case ("dumpxml", name):
                    title, description = (escape(text) for text in _MACHINES[name])
                    return f"<domain><title>{title}</title><description>{description}</description></domain>"
                case ("net-dumpxml", name):
                    return f"<network>{_NETWORKS[name]}</network>"
            told.append(words)
            return ""

        monkeypatch.setattr(leftovers, "libvirt", libvirt)
        return told

    def test_labs_are_found_by_the_title_of_their_machines(self) -> None:
        assert leftovers.found_labs() == (
            FoundLab("exam", "exam", Path("/labs/exam/vagrant")),
            FoundLab("exam", "exam_two", Path("/labs/two")),
            FoundLab("exam", "exam2", None),
        )

    def test_a_lab_goes_by_its_marks_and_nothing_else_does(self, told: list[tuple[str, ...]]) -> None:
        said: list[str] = []
        leftovers.take_away_marked("exam", said.append)
        assert said == ["removed the node a", "removed the node b"]
        gone = [words[-1] if words[0] == "vol-delete" else words[1] for words in told]
        networks = ("exam.lan", "exam.old", "exam.wan", "netdsl-exam")
        machines = ("exam_a", "exam_a", "exam_b.node", "exam_b.node")
        assert gone == [*machines, "exam_a.img", *(name for name in networks for _ in range(2))]

    def test_a_machine_without_netdsls_title_stays_with_all_that_it_may_use(self, told: list[tuple[str, ...]]) -> None:
        said: list[str] = []
        leftovers.take_away_marked("shop", said.append)
        assert said == ["note: the machine shop_web stays: it is not netdsl's"]
        assert told == []

    def test_networks_that_the_lab_has_not_or_otherwise_are_known(self) -> None:
        assert leftovers.other_networks("exam", _WANTED) == {"exam.old": False, "exam.wan": True}

    @pytest.mark.parametrize(
        ("network", "kind"),
        [
            ("<mtu size='1400'/>", "mtu 1400"),
            ("", "mtu 1500"),
            ("<ip address='10.0.0.1' netmask='255.255.255.0'/>", "10.0.0.0/24 none"),
            ("<ip address='10.0.0.1' prefix='26'/><forward mode='route'/>", "10.0.0.0/26 route"),
            ("<forward/><ip address='10.0.0.1' prefix='26'/>", "10.0.0.0/26 nat"),
        ],
    )
    def test_what_a_network_is(self, network: str, kind: str) -> None:
        assert leftovers.network_kind(leftovers.element(f"<network>{network}</network>")) == kind
