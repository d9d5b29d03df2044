"""The statements of the language itself."""

from netdsl.syntax.description import FILE, Column, Description, Level
from netdsl.syntax.tree import Assignment, Expect, For, If, Import, Lab, Let, Param, Target, Template, Use

STATEMENTS = (
    Description("lab", Lab, level=Level.FIRST),
    Description("param", Param, level=Level.FILE, column=Column(2, "=")),
    Description("let", Let, level=Level.ELEMENT, column=Column(2, "=")),
    Description("for", For, level=Level.ELEMENT),
    Description("if", If, level=Level.ELEMENT),
    Description("import", Import, level=Level.FILE, is_offered=True),
    Description("template", Template, level=Level.SCOPE, is_offered=True),
    Description("use", Use, level=Level.ELEMENT, column=Column(None, "(")),
    Description("target", Target, (FILE,), power="chooses what this machine runs the lab with"),
    Description("=", Assignment, ("target",), shown="key = value"),
    Description("expect", Expect, level=Level.SCOPE),
)
