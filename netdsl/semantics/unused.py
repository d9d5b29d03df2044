"""Templates and imports that nothing uses."""

from collections.abc import Mapping

from netdsl.diagnostics import catalogue
from netdsl.diagnostics.core import Diagnostics
from netdsl.semantics.declaration import VALID
from netdsl.semantics.lexical import Lexical
from netdsl.semantics.load import Sources
from netdsl.source import Place
from netdsl.syntax import tree as syntax


def report_unused_names(sources: Sources, lexicals: Mapping[str, Lexical], diagnostics: Diagnostics) -> None:
    """unused-import in every file, of what could be read; unused-template in the lab's own file, because an imported one
    has templates for others.

    A name counts as used wherever it is written, in a branch not taken too.
    """
    for file, lexical in lexicals.items():
        beginnings = {word.partition(".")[0] for word in lexical.words}
        for statement in lexical.imports:
            name = _import_name(statement)
            is_read = sources.imported(statement) is not None
            if is_read and name is not None and name not in beginnings and not lexical.has_computed_uses:
                message = f"nothing uses the import `{name}`"
                diagnostics.report(catalogue.UNUSED_IMPORT, message, Place(statement.span))
        if file == sources.main and not lexical.has_computed_uses:
            _report_templates(lexical, diagnostics)


def _report_templates(lexical: Lexical, diagnostics: Diagnostics) -> None:
    endings = {word.rpartition(".")[2] for word in lexical.words}
    for template in lexical.templates:
        name = template.name
        if isinstance(name, syntax.Literal) and name.text not in endings:
            message = f"nothing uses the template `{name.text}`"
            diagnostics.report(catalogue.UNUSED_TEMPLATE, message, Place(name.span))


def _import_name(statement: syntax.Import) -> str | None:
    match statement.alias, statement.path:
        case syntax.Literal(text=text), _:
            return text
        case None, syntax.Literal(text=path):
            name = path.rpartition("/")[2].removesuffix(".net")
            return name if VALID.fullmatch(name) else None
    return None
