"""Root file systems, made once from Debian packages and kept by the digest of what is in them."""

import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from . import kernel, tree
from .plan import Root
from .said import Refused
from .state import RUN, State, make_own, refuse_of_others

ROOTS = Path("/var/lib/netdsl/roots")
SUITE = "trixie"
_KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
_LEFT_OUT = (
    "doc/*",
    "groff/*",
    "info/*",
    "linda/*",
    "lintian/*",
    "locale/*",
    "man/*",
)  # of /usr/share, as slim images have it
# What the package manager keeps for itself is of no use to a node.
_APT = """\
DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/archives/partial/*.deb /var/cache/apt/*.bin"; };
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
Acquire::Languages "none";
"""
# What an engine leaves to a container, but for raw sockets and devices: `run` lines install and configure.
_RIGHTS = (
    "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "NET_BIND_SERVICE", "SETFCAP", "SETGID", "SETPCAP",
    "SETUID", "SYS_CHROOT",
)  # fmt: skip

Say = Callable[[str], None]


def place_of(name: str) -> Path:
    return ROOTS / name


def is_made(name: str) -> bool:
    """Raises Refused where what lies there is not root's alone."""
    place = place_of(name)
    if not os.path.lexists(place):
        return False
    refuse_of_others(place)
    return True


def make_root(root: Root, say: Say) -> None:
    """Under another name until it is whole. Raises Refused."""
    if is_made(root.name):
        return
    if shutil.which("mmdebstrap") is None:
        raise Refused(f"the root file system {root.name} has to be made", "install mmdebstrap (on Debian: mmdebstrap)")
    make_own(ROOTS, 0o755)
    with _alone():
        if not is_made(root.name):
            say(f"making the root file system {root.name} from {len(root.packages)} packages and what they need")
            _make(root, say, place_of(root.name))


def make_root_again(root: Root, say: Say) -> None:
    """In the place of the one that is there. Raises Refused, also where a lab has begun to run on it meanwhile."""
    make_own(ROOTS, 0o755)
    with _alone(), tempfile.TemporaryDirectory(dir=ROOTS, prefix=".part-", ignore_cleanup_errors=True) as old:
        say(f"making the root file system {root.name} again")
        place = Path(old, "new")
        _make(root, say, place)
        with _changed():
            refuse_users([root.name])
            if is_made(root.name):
                place_of(root.name).rename(Path(old, "old"))
            place.rename(place_of(root.name))


def refuse_users(names: Iterable[str]) -> None:
    """Raises Refused where a node of any lab stands on one of these roots, by the mounts that it has."""
    roots = {str(place_of(name)): name for name in names}
    for file in sorted(RUN.glob("*/nodes/*")):
        record = None if file.name.startswith(".") else State(file.parent.parent.name).node(file.name)
        if record is None or not record.process.is_alive:
            continue
        try:
            mounts = Path(f"/proc/{record.process.number}/mountinfo").read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue  # it has ended since
        for place, name in roots.items():
            if f"lowerdir={place}," in mounts:
                lab = file.parent.parent.name
                raise Refused(f"the lab `{lab}` runs on the root file system {name}", "end that lab: netdsl down")


@contextmanager
def used() -> Iterator[None]:
    """A context in which no root is put in another's place: nodes start."""
    with _locked(fcntl.LOCK_SH):
        yield


@contextmanager
def _changed() -> Iterator[None]:
    with _locked(fcntl.LOCK_EX):
        yield


@contextmanager
def _locked(how: int) -> Iterator[None]:
    descriptor = os.open(ROOTS / ".used", os.O_RDONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, how)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def _alone() -> Iterator[None]:
    """A context in which no other process makes a root; what one that was killed has left is taken away."""
    descriptor = os.open(ROOTS, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        for left in ROOTS.glob(".part-*"):
            if f" {left}/" not in Path("/proc/self/mountinfo").read_text(encoding="utf-8"):
                shutil.rmtree(left, ignore_errors=True)
        yield
    finally:
        os.close(descriptor)


def _make(root: Root, say: Say, whole: Path) -> None:
    """At a place of the same file system, where nothing is until it is whole."""
    with tempfile.TemporaryDirectory(dir=ROOTS, prefix=".part-", ignore_cleanup_errors=True) as part:
        os.chmod(part, 0o755)  # apt reads its sources as a user of its own
        made = Path(part, "root")
        _install(root, Path(part), made)
        _finish(made)
        for run in root.runs:
            _run_in(made, run, say)
        made.rename(whole)


def _install(root: Root, part: Path, made: Path) -> None:
    (part / "sources").write_text(_sources(), encoding="utf-8")
    (part / "apt.conf").write_text(_own_settings() + _APT, encoding="utf-8")
    packages = sorted({*root.packages, *(("ca-certificates",) if "https:" in _sources() else ())})
    # What it mounts, and whatever it starts, ends with it, also where it is killed.
    words = ["unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child"]
    words += ["mmdebstrap", "--variant=minbase", "--format=directory", f"--include={','.join(packages)}"]
    words += [f"--aptopt={part}/apt.conf", "--dpkgopt=force-unsafe-io"]
    words += [f"--dpkgopt=path-exclude=/usr/share/{path}" for path in _LEFT_OUT]
    words += ["--dpkgopt=path-include=/usr/share/doc/*/copyright", SUITE, str(made), f"{part}/sources"]
    done = subprocess.run(
        words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    if done.returncode:
        tail = "\n".join(done.stdout.decode(errors="replace").splitlines()[-10:])
        raise Refused(f"the root file system {root.name} cannot be made:\n{tail}")


def _finish(made: Path) -> None:
    """Each node has its own names; `ping` works without a right (its file's capability would be refused)."""
    for name in ("hostname", "machine-id", "resolv.conf"):
        (made / "etc" / name).unlink(missing_ok=True)
    for name in ("hosts", "resolv.conf"):
        (made / "etc" / name).write_bytes(b"")
    ping = made / "usr/bin/ping"
    if ping.exists():
        ping.chmod(0o755)
        if "security.capability" in os.listxattr(ping):
            os.removexattr(ping, "security.capability")
    for name in ("lab", "node"):
        (made / "netdsl" / name).mkdir(parents=True, exist_ok=True)


def _run_in(made: Path, run: str, say: Say) -> None:
    """A `run` line of an image: in namespaces without a network, with what an engine would leave to it."""
    say(f"running in it: {run}")
    child = os.fork()
    if child == 0:
        try:
            kernel.unshare(kernel.ALL_SPACES)
            inner = os.fork()
            if inner == 0:
                kernel.end_with_parent()
                _become_run(made, run)
            _, status = os.waitpid(inner, 0)
            os._exit(os.waitstatus_to_exitcode(status) & 0x7F)
        except Exception as error:  # the process has no one else to tell
            os.write(2, f"{error}\n".encode(errors="replace"))
        os._exit(1)
    _, status = os.waitpid(child, 0)
    if status:
        raise Refused(f"`{run}` fails with status {os.waitstatus_to_exitcode(status)}")


def _become_run(made: Path, run: str) -> None:
    kernel.mount("", "/", "", kernel.REC | kernel.PRIVATE)
    root = str(made)
    kernel.mount(root, root, "", kernel.BIND)
    tree.lay_system(root, ())
    tree.lay_memory(root, "/tmp", "mode=1777,size=256m")  # noqa: S108 - of the root
    tree.close_system(root)
    kernel.enter_root(root)
    nothing = os.open("/dev/null", os.O_RDWR)
    os.dup2(nothing, 0)
    os.closerange(3, 4096)
    kernel.keep_capabilities(_RIGHTS)
    environment = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root"}
    kernel.as_started({**environment, "DEBIAN_FRONTEND": "noninteractive"}, ["/bin/sh", "-c", run])


def _sources() -> str:
    """This machine's own mirrors of Debian, for the suite. Raises Refused where apt has none."""
    codename = ""
    for line in Path("/etc/os-release").read_text(encoding="utf-8").splitlines():
        if line.startswith("VERSION_CODENAME="):
            codename = line.partition("=")[2].strip('"')
    sites: dict[str, str] = {}
    for line in _said("apt-get", "indextargets", "--format", "$(ORIGIN) $(CODENAME) $(SITE)", "Created-By: Packages"):
        origin, _, rest = line.partition(" ")
        name, _, site = rest.partition(" ")
        if origin == "Debian" and site:
            sites.setdefault(name, site)
    if codename not in sites:
        raise Refused("apt here has no Debian mirror to make a root file system from", f"copy one to {ROOTS}")
    text = _source(sites[codename], f"{SUITE} {SUITE}-updates")
    security = sites.get(f"{codename}-security")
    return text if security is None else f"{text}\n{_source(security, f'{SUITE}-security')}"


def _source(site: str, suites: str) -> str:
    return f"Types: deb\nURIs: {site}\nSuites: {suites}\nComponents: main\nSigned-By: {_KEYRING}\n"


def _own_settings() -> str:
    """What apt needs here to reach and accept its mirror, as a proxy or an old snapshot."""
    kept = ("Acquire::http::Proxy", "Acquire::https::Proxy", "Acquire::Check-Valid-Until", "Acquire::Check-Date")
    lines = _said("apt-config", "dump", "--format", '%f "%v";%n', "Acquire")
    return "".join(f"{line}\n" for line in lines if line.lower().startswith(tuple(f"{one} ".lower() for one in kept)))


def _said(*words: str) -> list[str]:
    try:
        done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return []
    return done.stdout.splitlines()
