"""`parents.sh`, and its data: the parent devices that it creates."""

from netdsl.disk.shipped import shipped_text
from netdsl.payload.quoting import tsv

from .model import Project
from .own import BESIDE, CONFINED, ORPHAN, labels


def parents_script() -> str:
    """The script, with the image that it runs `ip` in. It is the same for all labs."""
    text = shipped_text("netdsl.backends.compose", "parents.sh")
    texts = {
        "@IMAGE@": BESIDE.name,
        "@CONFINED@": " ".join(CONFINED),
        "@LABELS@": " ".join(labels(ORPHAN)),
        "@DOCKERFILE@": BESIDE.dockerfile.rstrip(),
    }
    for mark, value in texts.items():
        text = text.replace(mark, value)
    return text


def parents_table(project: Project) -> str:
    """A line for each network with a parent device: the variable in compose.yaml, the device's name, the driver."""
    return "".join(
        tsv(network.parent_variable, network.parent_device, network.driver)
        for network in project.networks
        if network.parent_variable is not None
    )
