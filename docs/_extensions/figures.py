"""Measured figures in the pages: ``:figure:`NAME```, ``.. figures:: NAME`` for a table, ``.. figures-source:: NAME``.

They come from ``benchmarks/results/*.json`` by way of ``benchmarks/published.py``; one that is missing is a warning.
The option ``:rows:`` of ``figures`` takes the rows that a page needs, one name in a line.
"""

from html import escape
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective, SphinxRole

from benchmarks.published import figures, source_line, tables
from benchmarks.records import RESULTS, read_records

logger = logging.getLogger(__name__)
records = read_records()
known_figures, known_tables = figures(records), tables(records)


class FigureRole(SphinxRole):
    """A single figure in a sentence."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        note_records(self.env)
        text = known_figures.get(self.text)
        if text is None:
            logger.warning("no figure %r in %s", self.text, RESULTS.name, location=self.get_location())
        return [nodes.Text(text or "?")], []


class FiguresDirective(SphinxDirective):
    """A table, with the command that made it below."""

    required_arguments, final_argument_whitespace = 1, True
    option_spec: ClassVar = {"rows": directives.unchanged_required}

    def run(self) -> list[nodes.Node]:
        note_records(self.env)
        table = known_tables.get(self.arguments[0])
        if table is None:
            logger.warning("no table %r in %s", self.arguments[0], RESULTS.name, location=self.get_location())
            return []
        lines = [".. list-table::", "   :header-rows: 1", "   :class: figures", ""]
        for row in (table.header, *self.chosen(table.rows)):
            lines += [f"   {'*' if place == 0 else ' '} - {cell.replace('`', '``')}" for place, cell in enumerate(row)]
        return self.parsed([*lines, "", *source(table.source)])

    def chosen(self, rows: list[list[str]]) -> list[list[str]]:
        if "rows" not in self.options:
            return rows
        by_name = {row[0].replace("`", ""): row for row in rows}
        names = self.options["rows"].strip().splitlines()
        for name in names:
            if name not in by_name:
                logger.warning("no row %r, there are: %s", name, ", ".join(by_name), location=self.get_location())
        return [by_name[name] for name in names if name in by_name]

    def parsed(self, lines: list[str]) -> list[nodes.Node]:
        root = nodes.Element()
        root.document = self.state.document
        self.state.nested_parse(StringList(lines, source="benchmarks/published.py"), 0, root)
        return root.children


class SourceDirective(FiguresDirective):
    """The command and what it ran on, for figures that stand in sentences."""

    def run(self) -> list[nodes.Node]:
        note_records(self.env)
        return self.parsed(source(self.arguments[0]))


def note_records(environment: BuildEnvironment) -> None:
    """Let the page be made anew when figures are."""
    for name in records:
        environment.note_dependency(RESULTS / f"{name}.json")


def source(name: str) -> list[str]:
    """The command, which unfolds to what it ran on."""
    if name not in records:
        return []
    command, _, rest = source_line(records[name]).partition("; ")
    summary = f"<summary><code>{escape(command.strip('`'))}</code></summary>"
    return [".. raw:: html", "", f'   <details class="source">{summary}{escape(rest)}</details>', ""]


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_role("figure", FigureRole())
    app.add_directive("figures", FiguresDirective)
    app.add_directive("figures-source", SourceDirective)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
