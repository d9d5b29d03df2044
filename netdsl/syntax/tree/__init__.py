"""The syntax tree: what stands in a file, with a span on everything, nothing evaluated or resolved.

One file for each part of the grammar. Whether a statement may stand where it stands is a question for the analyser, not
for the tree: every body holds any statement. A kind's own statements are in `netdsl/kinds/KIND/tree.py`.
"""

from netdsl.syntax.tree.expect import *
from netdsl.syntax.tree.filter import *
from netdsl.syntax.tree.language import *
from netdsl.syntax.tree.network import *
from netdsl.syntax.tree.tunnel import *
from netdsl.syntax.tree.values import *
