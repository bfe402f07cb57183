"""Any text on one line."""

from __future__ import annotations


def one_line(text: object) -> str:
    """Show a text on one line: what cannot be printed is escaped."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape", "surrogatepass").decode()
        for character in str(text)
    )
