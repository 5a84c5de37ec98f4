"""The command line says what it does."""

from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from marketplace.cli import cli, register_package_commands


def _commands(group: click.Group, name: str = "marketplace") -> Iterator[tuple[str, click.Command]]:
    for key, command in group.commands.items():
        yield f"{name} {key}", command
        if isinstance(command, click.Group):
            yield from _commands(command, f"{name} {key}")


register_package_commands()
COMMANDS = dict(_commands(cli))


def test_the_commands_that_the_readme_names_are_there() -> None:
    assert {"marketplace migrate", "marketplace import budgets", "marketplace verify"} <= set(COMMANDS)


@pytest.mark.parametrize("arguments", [["--help"], ["import", "--help"], ["bench", "--help"]])
def test_each_line_of_a_list_of_commands_is_a_whole_sentence(arguments: list[str]) -> None:
    shown = CliRunner().invoke(cli, arguments, terminal_width=80).output
    lines = shown.split("Commands:\n")[1].splitlines()
    assert len(lines) >= 3
    assert [line for line in lines if not line.endswith(".") or line.endswith("...")] == []


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_each_option_says_what_it_is_for(name: str) -> None:
    command = COMMANDS[name]
    assert command.help
    options = [each for each in command.params if isinstance(each, click.Option)]
    assert [option.name for option in options if not option.help] == []
