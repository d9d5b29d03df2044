"""Going on after a syntax error, so that one run tells all of a file.

The parser's stack is taken back to where the broken statement began, the grammar's `_BROKEN` is put in its place, and
reading goes on at the end of the line or block. That is yacc's `error` token, on lark's interactive parser.
"""

import re
from collections.abc import Iterable

from lark import Token
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken
from lark.parsers.lalr_analysis import Shift
from lark.parsers.lalr_interactive_parser import InteractiveParser

from netdsl.diagnostics.catalogue import SYNTAX_ERROR, UNCLOSED_BLOCK
from netdsl.diagnostics.core import Diagnostics, Label
from netdsl.diagnostics.fix import replaced
from netdsl.source import Place, SourceFile, Span
from netdsl.syntax.build.language import Lines
from netdsl.syntax.build.values import Placed
from netdsl.syntax.dead_end import Dead, Finding
from netdsl.syntax.errors import explain, meant_statement
from netdsl.syntax.scan import code_end, end_of_statement, indentation, unclosed_brace
from netdsl.syntax.statements import statements
from netdsl.syntax.tree import Document
from netdsl.syntax.vocabulary import Vocabulary

_SAME_LINE = "a block opens on the line of its statement"
_NEXT_LINE = re.compile(r"[ \t]*(?:#[^\n]*)?\r?\n\s*(?=\S)")
_STATEMENT_START = re.compile(r"[\n;}]|(?<!\$)\{")
_FIRST_WORD = re.compile(r"[ \t]*([\w.-]+)")
_NEXT_LINE_BRACE = re.compile(r"[ \t]*(?:#[^\n]*)?\r?\n\s*\{")
_LONGEST_LOOK_BACK = 1000  # so that a line of a megabyte takes no time
_MOST_IN_A_LINE = 20
_BROKEN, _BROKEN_CHECKS = Token("_BROKEN", ""), Token("_BROKEN_CHECKS", "")
_NEVER_MEANT = frozenset({"_BROKEN", "_BROKEN_CHECKS", "_LATER"})


class Recovery:
    """One file's errors. `text` is what the parser reads: the source, with blanks for forbidden characters."""

    def __init__(
        self,
        source: SourceFile,
        text: str,
        muted_lines: frozenset[int],
        vocabulary: Vocabulary,
        diagnostics: Diagnostics,
    ) -> None:
        self._source = source
        self._text = text
        self._muted_lines = muted_lines
        self._told: dict[int, set[int]] = {}  # by line, where the statements begin that something was said of
        self._vocabulary = vocabulary
        self._diagnostics = diagnostics

    def run(self, parser: InteractiveParser) -> Document:
        """Reads to the end. Every turn leaves an error behind for good, so that it ends."""
        while True:
            try:
                document = parser.resume_parse()  # type: ignore[no-untyped-call]
            except UnexpectedInput as error:
                stack = _Stack(parser)
                offset = self._offset(error)
                lexer_state = parser.lexer_thread.state
                assert lexer_state is not None
                if offset >= len(self._text):
                    last = lexer_state.last_token
                    document = self._close(stack, (last.end_pos or 0) if last else 0)
                else:
                    lexer_state.line_ctr.char_pos = self._resume(stack, offset)
                    continue
            assert isinstance(document, Document)
            return document

    def _offset(self, error: UnexpectedInput) -> int:
        match error:
            case UnexpectedToken(token=Token(type="$END")):
                return len(self._text)
            case UnexpectedToken(token=Token(start_pos=int(offset), value=str(text), type=name)):
                # A separator begins with the blanks before it; an `and` with those and with line ends.
                return offset + (len(text) - len(text.lstrip(" \t" if name == "_SEP" else None)))
            case UnexpectedCharacters(pos_in_stream=int(offset)):
                return offset
            case _:
                raise AssertionError(error)

    # --- in the text

    def _resume(self, stack: "_Stack", offset: int) -> int:
        """Reports, mends the stack, and gives the offset at which to read on."""
        if self._text[offset] == "}" and not stack.openings():
            self._tell(Finding(SYNTAX_ERROR, "`}` closes nothing", offset, offset + 1))
            if not stack.is_complete():
                stack.give_up(_BROKEN)
            return offset + 1
        first = stack.first_word(self._text, offset)
        is_check = stack.is_check()
        if not is_check and not stack.is_complete() and statements().later(first) is not None:
            return self._pass_over(stack, first, offset)
        if (at := self._late_brace(stack, offset)) is not None:
            self._tell(Finding(SYNTAX_ERROR, "`{` on a line of its own", at, at + 1, _SAME_LINE))
            return at
        self._tell(explain(self._dead(stack, offset, first, is_check), self._vocabulary))
        if self._lacks_brace(stack, offset):
            stack.feed(Token("LBRACE", "", offset, end_pos=offset))
            return offset
        if stack.is_complete() and self._text[offset - 1].isspace():
            return self._end(offset, in_parentheses=False, stop_at_block=False)
        in_parentheses = stack.is_in_parentheses()
        end = self._end(offset, in_parentheses, self._has_known_body(first, is_check, offset))
        is_block = self._text[end : end + 1] == "{"
        stack.give_up(_BROKEN_CHECKS if is_block and first == "expect" else _BROKEN)
        return end

    def _pass_over(self, stack: "_Stack", first: str, offset: int) -> int:
        """A statement that is not compiled: one token for the whole of it, which the analyser reports."""
        start = stack.statement_start(offset)
        end = self._end(offset, stack.is_in_parentheses(), stop_at_block=False)
        stack.give_up(Token("_LATER", first, start, end_pos=code_end(self._text, start, end)))
        return end

    def _dead(self, stack: "_Stack", offset: int, first: str, is_check: bool) -> Dead:
        start, block = stack.statement_start(offset), self._block(stack)
        return Dead(self._text, offset, stack.acceptable(), stack.is_line_start(), is_check, first, start, block)

    def _block(self, stack: "_Stack") -> str:
        """The first word of the statement whose block is read; "" in the file, and where the line before it is long."""
        openings = stack.openings()
        if not openings:
            return ""
        head = self._text[max(0, openings[-1] - _LONGEST_LOOK_BACK) : openings[-1]]
        found = _FIRST_WORD.match(_STATEMENT_START.split(head)[-1])
        return found[1] if found else ""

    def _end(self, offset: int, in_parentheses: bool, stop_at_block: bool) -> int:
        end = end_of_statement(self._text, offset, in_parentheses, stop_at_block)
        assert end > offset or self._text[offset] in "{};\r\n"
        return end

    def _has_known_body(self, first: str, is_check: bool, offset: int) -> bool:
        """Whether the lines of a broken statement's block can be read: not if nobody knows what it is."""
        if is_check:
            return first in ("for", "if")
        if first in self._vocabulary.statement_words or self._text[offset] == "{":
            return True
        meant = meant_statement(self._text, offset, first, self._vocabulary) if len(first) > 3 else None
        return meant is not None and statements().later(meant) is None

    def _late_brace(self, stack: "_Stack", offset: int) -> int | None:
        """The `{` on the next line, where the statement lacks it on its own."""
        if not stack.needs("LBRACE") or not (found := _NEXT_LINE_BRACE.match(self._text, offset)):
            return None
        return found.end() - 1

    def _lacks_brace(self, stack: "_Stack", offset: int) -> bool:
        """Whether a statement without its `{` is followed by lines that look like its block: further right."""
        found = _NEXT_LINE.match(self._text, offset)
        if found is None or not stack.needs("LBRACE"):
            return False
        return indentation(self._text, found.end()) > indentation(self._text, offset)

    # --- at the end of the text

    def _close(self, stack: "_Stack", last_end: int) -> Document:
        """`last_end` is where the last token ends: comments may follow it."""
        end = len(self._text)
        openings = stack.openings()
        if not stack.is_complete() and not stack.is_line_start():
            first = stack.first_word(self._text, end)
            self._tell(explain(self._dead(stack, last_end, first, stack.is_check()), self._vocabulary))
            stack.give_up(_BROKEN)
        if openings:
            self._tell_unclosed(openings[-1])
        for _ in openings:
            stack.feed(Token("RBRACE", "", end, end_pos=end))
        document = stack.feed(Token("$END", "", end, end_pos=end), is_end=True)
        assert isinstance(document, Document)
        return document

    def _tell_unclosed(self, innermost: int) -> None:
        opening, closing = unclosed_brace(self._text)
        at = innermost if opening is None else opening
        related: tuple[Label, ...] = ()
        if closing is not None:
            related = (Label(self._place(closing, closing + 1), "this `}` closes it, but stands further left"),)
        self._diagnostics.report(UNCLOSED_BLOCK, "this block is never closed", self._place(at, at + 1), related=related)

    # --- telling

    def _tell(self, finding: Finding) -> None:
        """One error for a statement of a line: what follows one is rarely more than its echo."""
        line, column = self._source.position(finding.start)
        begin = max(finding.start - column + 1, finding.start - _LONGEST_LOOK_BACK)
        statement = self._text.rfind(";", begin, finding.start)
        told = self._told.setdefault(line, set())
        if line in self._muted_lines or statement in told or len(told) == _MOST_IN_A_LINE:
            return
        told.add(statement)
        place = self._place(finding.start, finding.end)
        fixes = () if finding.instead is None else (replaced(place.span, finding.instead),)
        self._diagnostics.report(finding.rule, finding.message, place, help=finding.help, fixes=fixes)

    def _place(self, start: int, end: int) -> Place:
        return Place(Span(self._source, start, end))


class _Stack:
    """lark's parser stack: what it would take next, and taking statements back from it."""

    def __init__(self, parser: InteractiveParser) -> None:
        self._state = parser.parser_state
        self._table = self._state.parse_conf.states

    def is_line_start(self) -> bool:
        """Whether a statement begins here."""
        return "_BROKEN" in self._table[self._state.state_stack[-1]]

    def is_complete(self) -> bool:
        """Whether a statement could end here (in parentheses a line end is only blank space)."""
        return not self.is_line_start() and self._accepts("_SEP") and not self.is_in_parentheses()

    def needs(self, terminal: str) -> bool:
        """Whether the statement is not complete and could go on with the terminal."""
        return not self.is_line_start() and not self.is_complete() and self._accepts(terminal)

    def is_check(self) -> bool:
        """Whether the statement that is read, or would begin here, is a line of `expect`."""
        for state in reversed(self._state.state_stack):
            actions = self._table[state]
            if "_BROKEN" in actions:
                return "_BROKEN_CHECKS" not in actions
        return False

    def acceptable(self) -> frozenset[str]:
        """The terminals that would be taken here: the table's own, less those that only another context has."""
        names = (name for name in self._table[self._state.state_stack[-1]] if name.isupper())
        return frozenset(name for name in names if name not in _NEVER_MEANT and self._accepts(name))

    def _accepts(self, terminal: str) -> bool:
        """Plays the reductions through, without values and without copying the stack."""
        stack = self._state.state_stack
        kept = len(stack)
        added: list[object] = []
        while True:
            top = added[-1] if added else stack[kept - 1]
            if terminal not in self._table[top]:
                return False
            action, argument = self._table[top][terminal]
            if action is Shift:
                return True
            size = len(argument.expansion)
            taken = min(size, len(added))
            del added[len(added) - taken :]
            kept -= size - taken
            below = added[-1] if added else stack[kept - 1]
            after = self._table[below][argument.origin.name][1]
            if terminal == "$END" and after == self._state.parse_conf.end_state:
                return True
            added.append(after)

    def openings(self) -> list[int]:
        """The offsets of the braces that are open."""
        tokens: Iterable[Token | None] = (
            value.opening if isinstance(value, Lines) else value
            for value in self._state.value_stack
            if isinstance(value, Lines) or (isinstance(value, Token) and value.type == "LBRACE")
        )
        return [token.start_pos for token in tokens if token is not None and token.start_pos is not None]

    def _statement(self) -> list[object]:
        """The values of the statement that is being read."""
        depth = len(self._state.state_stack)
        while "_BROKEN" not in self._table[self._state.state_stack[depth - 1]]:
            depth -= 1
        return list(self._state.value_stack[depth - 1 :])

    def first_word(self, text: str, offset: int) -> str:
        """The word that the statement begins with: one that begins at `offset`, if none of it was read."""
        offset = self.statement_start(offset)
        end = offset
        while end < len(text) and (text[end].isalnum() or text[end] in "-_."):
            end += 1
        return text[offset:end]

    def statement_start(self, offset: int) -> int:
        """Where the statement begins: at `offset`, if none of it was read."""
        values = self._statement()
        start = _start(values[0]) if values else None
        return offset if start is None else start

    def is_in_parentheses(self) -> bool:
        types = [value.type for value in self._statement() if isinstance(value, Token)]
        return types.count("LPAR") > types.count("RPAR")

    def give_up(self, marker: Token) -> None:
        """Takes the statement back and puts the marker in its place."""
        while not self.is_line_start():
            self._state.state_stack.pop()
            self._state.value_stack.pop()
        self.feed(marker)

    def feed(self, token: Token, is_end: bool = False) -> object:
        return self._state.feed_token(token, is_end)


def _start(value: object) -> int | None:
    match value:
        case Token(start_pos=start):
            return start
        case [first, *_]:
            return _start(first)
        case _ if hasattr(value, "span"):
            placed: Placed = value
            return placed.span.start
        case _:
            return None
