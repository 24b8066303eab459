#!/usr/bin/env python3
"""Checks README.md and docs/: every relative link leads to a file, and every sluicectl command of a shell block exists,
with each of its options, as `sluicectl ... --help` shows them.

Exit code 0: all good. 1: a message for each finding.
"""

import argparse
import functools
import re
import shlex
import subprocess
import sys
from pathlib import Path

SHELL_BLOCK = re.compile(r"^```(?:sh|bash|console)\b[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
# Words of a synopsis, not of a command: NAME, [x], a|b, <...>, ...
OPERATORS = {"|", ";", "&&", "||", "&", ">", ">>", "<", "2>&1"}


def commands_of(text):
    """(line number, words) of each sluicectl command in the shell blocks."""
    for block in SHELL_BLOCK.finditer(text):
        first = text.count("\n", 0, block.start(1)) + 1
        for offset, line in enumerate(re.sub(r"\\\n", "  ", block.group(1)).splitlines()):
            lexer = shlex.shlex(line.lstrip("$ "), posix=True, punctuation_chars=True)
            lexer.whitespace_split = True
            lexer.commenters = "#"
            try:
                words = list(lexer)
            except ValueError as error:
                yield first + offset, None, str(error)
                continue
            while "sluicectl" in words:
                words = words[words.index("sluicectl") + 1:]
                end = next((i for i, word in enumerate(words) if word in OPERATORS), len(words))
                yield first + offset, words[:end], None
                words = words[end:]


class Program:
    """What a sluicectl answers to --help."""

    def __init__(self, path):
        self.path = path

    @functools.lru_cache(maxsize=None)
    def help(self, command):
        """The help of that command (a tuple of words), or None if there is no such command."""
        result = subprocess.run([self.path, *command, "--help"], capture_output=True, text=True, check=False, timeout=60)
        return result.stdout if result.returncode == 0 else None

    def subcommands(self, command):
        text = self.help(command) or ""
        section = re.split(r"^Commands:\n", text, flags=re.MULTILINE)
        return set(re.findall(r"^  ([a-z][a-z-]*)", section[1], re.MULTILINE)) if len(section) > 1 else set()

    def problems(self, words):
        command, rest, options_before = (), list(words), []
        while rest:
            if rest[0].startswith("-"):
                options_before.append(rest.pop(0))  # a global option; its value follows after a space at times
                if "=" not in options_before[-1] and rest and rest[0] not in self.subcommands(command):
                    rest.pop(0)
                continue
            if rest[0] not in self.subcommands(command):
                break
            command += (rest.pop(0),)
        if not command:
            if not all(option in ("--help", "--version") for option in options_before) or not options_before:
                yield f"there is no command `sluicectl {' '.join(words)}`"
            return
        # A command with examples of its own may stand alone, whatever commands there are below it.
        stands_alone = re.search(r"^Examples?:$", self.help(command) or "", re.MULTILINE)
        if self.subcommands(command) and not stands_alone and "--help" not in rest:
            yield f"`sluicectl {' '.join(command)}` needs one of: {', '.join(sorted(self.subcommands(command)))}"
            return
        known = set(re.findall(r"(?<![\w-])--?[A-Za-z][\w-]*", (self.help(command) or "") + (self.help(()) or "")))
        for word in options_before + rest:
            option = word.split("=")[0]
            if re.match(r"--?[A-Za-z]", option) and option not in known:
                yield f"`sluicectl {' '.join(command)}` has no option {option}"


def check(root, program):
    for path in [root / "README.md", *sorted((root / "docs").rglob("*.md"))]:
        name = path.relative_to(root).as_posix()
        text = path.read_text(encoding="utf-8")
        for link in LINK.finditer(text):
            target = link.group(1)
            if "://" not in target and not target.startswith("mailto:") and not (path.parent / target).exists():
                yield f"{name}:{text.count(chr(10), 0, link.start()) + 1}: links to {target}, which does not exist"
        for line, words, error in commands_of(text):
            if error:
                yield f"{name}:{line}: the shell cannot read this: {error}"
            elif program:
                for problem in program.problems(words):
                    yield f"{name}:{line}: {problem}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parents[2])
    parser.add_argument("--sluicectl", help="the program to ask; without it only links are checked")
    arguments = parser.parse_args()
    findings = list(check(arguments.root, Program(arguments.sluicectl) if arguments.sluicectl else None))
    for finding in findings:
        print(finding, file=sys.stderr)
    if findings:
        return 1
    print("every link" + (" and every sluicectl command" if arguments.sluicectl else "") + " of README.md and docs/ is good")
    return 0


if __name__ == "__main__":
    sys.exit(main())
