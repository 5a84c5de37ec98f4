"""The needs pro-forma: its parts, and the plain text file in which somebody keeps it. Pure.

The file is for people first: it opens in any editor, and can be changed there. Each part begins with a line such as
`=== Eating and drinking ===`; a line of somebody's own that looks like one is written with a backslash before it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

LONGEST = 1_500
LONGEST_NAME = 120
MOST_BYTES = 100_000
FIRST_LINE = "My needs, in my own words"
NAME = "Who this is about"
_HEADING = re.compile(r"^=== (?P<title>.+?) ===\s*$")


@dataclass(frozen=True)
class Part:
    key: str
    title: str
    question: str
    hint: str = ""


PARTS = (
    Part(
        "matters",
        "What matters most",
        "What matters most to you?",
        "People, places, habits, faith, what makes a good day",
    ),
    Part(
        "well",
        "What goes well",
        "What do you manage well, and who helps you now?",
        "Say how often, and whether it can go on like this",
    ),
    Part(
        "health",
        "Health",
        "What should people know about your health?",
        "Illness, disability, memory, mood, sight, hearing, pain, medicines",
    ),
    Part("food", "Eating and drinking", "How do you manage shopping, meals and drinks?"),
    Part("care", "Washing and dressing", "How do you manage washing, dressing and the toilet?"),
    Part(
        "home", "At home", "How do you manage in your home?", "Stairs, bathroom, cleaning, heating, letters and bills"
    ),
    Part(
        "people",
        "People and getting out",
        "How do you see people and get out?",
        "Family, friends, the bus, shops, doctor, clubs",
    ),
    Part("work", "Work and learning", "Do you work, learn or volunteer, or would you like to?"),
    Part("caring", "Caring for others", "Do you look after anybody?", "A child, a partner, a parent"),
    Part("nights", "Nights", "What are your nights like?"),
    Part(
        "safe",
        "Staying safe",
        "What worries you, or those close to you?",
        "Falls, being alone, being taken advantage of",
    ),
    Part(
        "change",
        "What would help",
        "What would make the biggest difference?",
        "What you would like to be able to do, or do again",
    ),
    Part(
        "talk",
        "Talking with me",
        "What should somebody know who comes to talk with you?",
        "A good time of day, an interpreter, large print, somebody to be there or to speak for you",
    ),
)
"""In the order in which they are asked; together they touch every outcome of the eligibility criteria."""


@dataclass(frozen=True)
class Needs:
    """What was written: who it is about, and the words of each part that has any."""

    name: str
    words: Mapping[str, str]

    @property
    def is_empty(self) -> bool:
        return not any(self.words.values())


class NotOurs(ValueError):
    """The file is not one of these; the message says what to do."""


def write_file(needs: Needs) -> str:
    """The file's text."""
    pieces = [FIRST_LINE, "You can change this file in any editor. Leave the lines with === as they are.", ""]
    for title, words in [(NAME, needs.name), *((part.title, needs.words.get(part.key, "")) for part in PARTS)]:
        pieces += [f"=== {title} ===", *map(_shielded, words.splitlines()), ""]
    return "\n".join(pieces)


def read_file(content: bytes) -> Needs:
    """What a file of ours says, changed by hand or not. Raises NotOurs."""
    if len(content) > MOST_BYTES:
        raise NotOurs("That file is too large to be one of these. Choose the file that you saved here")
    known = {NAME: "name", **{part.title: part.key for part in PARTS}}
    lines: dict[str, list[str]] = {}
    current: list[str] | None = None
    for line in _decoded(content).splitlines():
        heading = _HEADING.match(line)
        if heading and heading["title"] in known:
            current = lines.setdefault(known[heading["title"]], [])
        elif current is not None:
            current.append(_bare(line))
    if not lines:
        raise NotOurs("We cannot find your words in that file. Choose the file that you saved here")
    words = {key: "\n".join(part).strip("\n").rstrip() for key, part in lines.items()}
    name = " ".join(words.pop("name", "").split())[:LONGEST_NAME]
    return Needs(name, {part.key: words[part.key][:LONGEST] for part in PARTS if words.get(part.key)})


def _shielded(line: str) -> str:
    return "\\" + line if line.startswith(("===", "\\")) else line


def _bare(line: str) -> str:
    return line.removeprefix("\\")


def _decoded(content: bytes) -> str:
    """Text as editors save it: with or without a mark at its beginning, in the old Windows letters too."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace").replace("\x00", "")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
    return text.replace("\x00", "")
