"""Pages of a comparison."""

from netdsl.report.error import ReportError
from netdsl.report.page import page

__all__ = ["ReportError", "page"]
