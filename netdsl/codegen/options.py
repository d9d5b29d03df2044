"""Which options of a call with several targets are for which of them."""

from dataclasses import replace

from netdsl.codegen.contract import Backend, Options, Selective
from netdsl.codegen.registry import backends_of


def options_of(target: str, options: Options) -> Options:
    """The options without what only other targets of the same call have.

    What none of them has stays, for the target to refuse. Raises UnknownTarget.
    """
    others = [_main(other) for other in options.targets if other != target]
    if not others:
        return options
    own = _main(target)

    def stays(option: str) -> bool:
        return _takes(own, option) or not any(_takes(other, option) for other in others)

    return replace(
        options,
        driver=options.driver if stays("driver") else None,
        provider=options.provider if stays("provider") else None,
        settings={key: value for key, value in options.settings.items() if stays(f"set {key}")},
    )


def _main(target: str) -> Backend:
    return backends_of(target)[-1]


def _takes(backend: Backend, option: str) -> bool:
    """A backend that does not say may have any option."""
    return not isinstance(backend, Selective) or backend.takes(option)
