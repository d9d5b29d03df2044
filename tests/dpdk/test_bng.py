"""The gateway, packet by packet: what Scapy says that becomes of each frame, and frames that nobody would send."""

import random
import struct
from collections import Counter
from pathlib import Path

import pytest

from tests.dpdk.frames import CORE, CUSTOMER, Case, cases
from tests.live.machine import HERE

pytestmark = [pytest.mark.live, pytest.mark.full]

Frames = dict[int, list[bytes]]
"""By side."""

_HERE = Path(__file__).parent
_SIDES = {CUSTOMER: "customer", CORE: "core"}
_ONE, _THREE_WORKERS = "0@0", "0@0,(1,2,3)@0"
_MUTATIONS = 20_000


def _write(path: Path, frames: list[bytes]) -> None:
    """A capture file (draft-ietf-opsawg-pcap, 4): version 2.4, link type 1."""
    records = (struct.pack("<IIII", 0, 0, len(frame), len(frame)) + frame for frame in frames)
    path.write_bytes(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1) + b"".join(records))


def _read(path: Path) -> list[bytes]:
    content, frames, at = path.read_bytes(), [], 24
    while at < len(content):
        length = struct.unpack_from("<I", content, at + 8)[0]
        frames.append(content[at + 16 : at + 16 + length])
        at += 16 + length
    return frames


_PROGRAM = """
cd /lab
for folder in */; do
    dpdk-bng --no-pci --no-huge -m 128 --lcores '{cores}' \
        --vdev "net_pcap0,rx_pcap=$folder/customer-in.pcap,tx_pcap=$folder/customer-out.pcap" \
        --vdev "net_pcap1,rx_pcap=$folder/core-in.pcap,tx_pcap=$folder/core-out.pcap" \
        -- --table table.conf --stats "$folder/stats" --count "$(cat "$folder/count")" >"$folder/said" || exit 1
done
"""


def _run_all(image: str, folder: Path, runs: list[Frames], cores: str) -> list[tuple[Counter[str], Frames]]:
    """Of each run what the gateway counts, and what leaves it by each side. All in one container."""
    (folder / "table.conf").write_bytes((_HERE / "table.conf").read_bytes())
    for number, frames in enumerate(runs):
        own = folder / str(number)
        own.mkdir()
        (own / "count").write_text(str(sum(map(len, frames.values()))))
        for side, name in _SIDES.items():
            _write(own / f"{name}-in.pcap", frames[side])
    mount = f"type=bind,src={folder},dst=/lab"
    rights = ("--network", "none", "--cap-drop", "ALL", "--cap-add", "DAC_OVERRIDE")
    HERE.say(
        "docker", "run", "--rm", *rights, "--mount", mount, image, "sh", "-c", _PROGRAM.format(cores=cores), timeout=300
    )
    return [_left(folder / str(number)) for number in range(len(runs))]


def _left(folder: Path) -> tuple[Counter[str], Frames]:
    kept = (folder / "stats").read_text()
    assert kept in (folder / "said").read_text(), "the file of counters is what is printed at the end"
    counters = Counter({name: int(value) for name, value in (line.rsplit(" ", 1) for line in kept.splitlines())})
    return counters, {side: _read(folder / f"{name}-out.pcap") for side, name in _SIDES.items()}


def _run(image: str, folder: Path, frames: Frames, cores: str) -> tuple[Counter[str], Frames]:
    return _run_all(image, folder, [frames], cores)[0]


def _verdicts(counters: Counter[str]) -> dict[str, int]:
    return {name: number for name, number in counters.items() if number and name.startswith(("to-", "drop-"))}


@pytest.mark.parametrize("cores", [_ONE, _THREE_WORKERS], ids=["one core", "three workers"])
def test_each_frame_becomes_what_the_documents_say(image: str, cores: str, tmp_path: Path) -> None:
    given = cases()
    counters, left = _run(image, tmp_path, {side: [c.frame for c in given if c.side == side] for side in _SIDES}, cores)
    for side in _SIDES:
        expected = {
            case.name: case.becomes[1] for case in given if case.becomes is not None and case.becomes[0] == side
        }
        missing = [name for name, frame in expected.items() if frame not in left[side]]
        assert not missing
        assert sorted(left[side]) == sorted(expected.values())
    assert _verdicts(counters) == Counter(case.counter for case in given)


def test_each_dropped_frame_is_dropped_for_its_own_reason(image: str, tmp_path: Path) -> None:
    """By itself: in the sum of all, two wrong ones could make up for one another."""
    dropped = [case for case in cases() if case.becomes is None]
    runs: list[Frames] = [{CUSTOMER: [], CORE: []} | {case.side: [case.frame]} for case in dropped]
    for case, (counters, left) in zip(dropped, _run_all(image, tmp_path, runs, _ONE), strict=True):
        assert (_verdicts(counters), left) == ({case.counter: 1}, {CUSTOMER: [], CORE: []}), case.name


def test_a_subscribers_packets_stay_in_order_and_workers_share_the_subscribers(image: str, tmp_path: Path) -> None:
    many = [
        case for case in cases() if case.becomes is not None and case.side == CUSTOMER and case.becomes[0] == CORE
    ] * 50
    counters, left = _run(image, tmp_path, {CUSTOMER: [case.frame for case in many], CORE: []}, _THREE_WORKERS)
    assert counters["to-core"] == len(many)
    label = slice(38, 41)
    for wanted in {case.becomes[1][label] for case in many if case.becomes is not None}:
        expected = [case.becomes[1] for case in many if case.becomes is not None and case.becomes[1][label] == wanted]
        assert [frame for frame in left[CORE] if frame[label] == wanted] == expected
    assert all(counters[f"worker {number}"] > 0 for number in range(3))


def test_frames_that_are_wrong_anywhere_are_dropped_or_forwarded_whole(image: str, tmp_path: Path) -> None:
    chance = random.Random(4)
    frames: Frames = {CUSTOMER: [], CORE: []}
    good = [case for case in cases() if case.becomes is not None]
    for _ in range(_MUTATIONS):
        case = chance.choice(good)
        frames[case.side].append(_mutated(case, chance))
    counters, left = _run(image, tmp_path, frames, _THREE_WORKERS)
    assert sum(_verdicts(counters).values()) == _MUTATIONS
    assert len(left[CORE]) == counters["to-core"] > 0
    assert len(left[CUSTOMER]) == counters["to-customer"] > 0
    assert all(len(frame) == 14 + int.from_bytes(frame[16:18]) for frame in left[CORE]), "outer lengths agree"
    assert all(len(frame) == 22 + int.from_bytes(frame[24:26]) for frame in left[CUSTOMER])


def test_nothing_is_read_beyond_a_frame(tools: str, tmp_path: Path) -> None:
    """The gateway's own decisions under AddressSanitizer: each frame ends where its memory ends."""
    chance = random.Random(5)
    given = cases()
    frames = [(case.side, case.frame[:length]) for case in given for length in range(len(case.frame)) if length < 90]
    frames += [(case.side, _mutated(case, chance)) for case in chance.choices(given, k=_MUTATIONS)]
    content = b"".join(struct.pack("<BI", side, len(frame)) + frame for side, frame in frames)
    (tmp_path / "frames").write_bytes(content)
    for name in ("beside.c", "table.conf"):
        (tmp_path / name).write_bytes((_HERE / name).read_bytes())
    script = (
        "cd /tmp && gcc -g -O1 -Wall -Wextra -Werror -fsanitize=address,undefined -fno-sanitize-recover=all "
        "-I /netdsl/dpdk/examples/bng /lab/beside.c /netdsl/dpdk/examples/bng/bng_packet.c "
        "/netdsl/dpdk/examples/bng/bng_table.c -o beside && ./beside /lab/table.conf /lab/frames"
    )
    mount = f"type=bind,src={tmp_path},dst=/lab,readonly"
    said = HERE.say(
        "docker", "run", "--rm", "--network", "none", "--mount", mount, tools, "sh", "-c", script, timeout=300
    )
    assert said.split() == [str(len(frames))]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("route 10.0.0.0/33 via 10.9.0.2 mac 02:00:00:00:09:02", "line 2: '33' is no number from 0 to 32"),
        ("route 10.0.0.1/24 via 10.9.0.2 mac 02:00:00:00:09:02", "line 2: 10.0.0.1/24 has bits beyond its length"),
        ("route 10.0.0.0/8 via 10.9.0.2 mac 03:00:00:00:09:02", "is the address of a group of stations"),
        (
            "subscriber s-vlan 0 c-vlan 1 address 1.2.3.4 mac 02:00:00:00:00:01 label 16",
            "'0' is no number from 1 to 4094",
        ),
        ("subscriber s-vlan 1 c-vlan 1 address 1.2.3.4 mac 02:00:00:00:00:01 label 15", "'15' is no number from 16"),
        ("subscriber s-vlan 1", "a subscriber is: subscriber s-vlan N"),
        ("address 10.9.0.2", "'address' and what is behind it make no sense here"),
        ("x " * 13, "it has more than 12 words"),
        (
            "subscriber s-vlan 1 c-vlan 1 address 1.2.3.4 mac 02:00:00:00:00:01 label 16\n" * 2,
            "has another one's VLANs",
        ),
    ],
)
def test_a_table_that_makes_no_sense_is_refused_with_its_line(
    image: str, tmp_path: Path, line: str, message: str
) -> None:
    (tmp_path / "table.conf").write_text(f"address 10.9.0.1\n{line}\n")
    done = HERE.run(
        "docker", "run", "--rm", "--network", "none", "--mount", f"type=bind,src={tmp_path},dst=/lab,readonly", image,
        "dpdk-bng", "--no-pci", "--no-huge", "-m", "64", "--vdev", "net_null0", "--vdev", "net_null1",
        "--", "--table", "/lab/table.conf",
    )  # fmt: skip
    assert done.returncode == 1
    assert message in done.stderr


def _mutated(case: Case, chance: random.Random) -> bytes:
    """One to four bytes changed, most of them in headers; sometimes cut, or longer."""
    frame = bytearray(case.frame)
    for _ in range(chance.randrange(1, 5)):
        frame[chance.randrange(min(len(frame), 80))] = chance.choice((0, 1, 0xFF, chance.randrange(256)))
    match chance.randrange(4):
        case 0:
            del frame[chance.randrange(1, len(frame)) :]
        case 1:
            frame += bytes(chance.randrange(1, 40))
    return bytes(frame)
