"""A comparison as an HTML page."""

from netdsl.report.error import ReportError
from netdsl.report.page import check_plots, page

__all__ = ["ReportError", "check_plots", "page"]
