"""Which options of a call with several targets are for which of them."""

from dataclasses import replace

from netdsl.codegen.contract import Options
from netdsl.codegen.registry import target_of


def options_of(target: str, options: Options) -> Options:
    """The options without what only other targets of the same call have.

    What none of them has stays, for the target to refuse. Raises UnknownTarget, BrokenTarget.
    """
    others = [target_of(other).abilities for other in options.targets if other != target]
    if not others:
        return options
    own = target_of(target).abilities

    def stays(option: str) -> bool:
        return own.takes(option) or not any(other.takes(option) for other in others)

    return replace(
        options,
        driver=options.driver if stays("driver") else None,
        provider=options.provider if stays("provider") else None,
        settings={key: value for key, value in options.settings.items() if stays(f"set {key}")},
    )
