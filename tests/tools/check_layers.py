#!/usr/bin/env python3
"""Checks that the tree keeps the layers that docs/ARCHITECTURE.md draws.

docs/ARCHITECTURE.md has two fenced blocks that this script reads:

    ```arrows
    dataplane/edge -> dataplane/http dataplane/event common/base
    ```
    A folder may include its own files and those of the folders to the right of its arrow. `dataplane` and
    `controlplane` themselves are the composition roots: the files that stand in no subfolder.

    ```doors
    pistache/ -> dataplane/edge controlplane/service
    ```
    A third-party include that begins with the text on the left stands only in the folders on the right. A text
    that begins with `*` is the end of an include, of generated files for example.

Checked: every #include of .h and .cc files under common, dataplane and controlplane; that the arrows have no cycle
and none from one plane to the other; that the target_link_libraries of each folder's CMakeLists.txt go along the
arrows and cover its includes; that a file above 400 lines says why at its head.

Exit code 0: all good. 1: a message for each finding. 2: the document itself cannot be read.
"""

import argparse
import re
import sys
from pathlib import Path

PLANES = ("dataplane", "controlplane")
TOPS = ("common",) + PLANES
LINE_LIMIT = 400
LINE_LIMIT_REASON = "Longer than 400 lines because"
HEAD_LINES = 30
INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)')
# The call's name, then its arguments up to the closing parenthesis. CMake has no nested ones in those calls here.
CMAKE_CALL = re.compile(r"\b(sluice_library|target_link_libraries)\s*\(([^()]*)\)")


class DocumentError(Exception):
    """docs/ARCHITECTURE.md does not say what this script needs."""


def read_block(text, name, document):
    """The `left -> right...` lines of the one fenced block that is called `name`, as a dict."""
    blocks = re.findall(r"^```%s\n(.*?)^```" % name, text, re.MULTILINE | re.DOTALL)
    if len(blocks) != 1:
        raise DocumentError(f"{document}: needs one ```{name} block, has {len(blocks)}")
    rows = {}
    for line in blocks[0].splitlines():
        line = line.split("#")[0].strip()
        if not line:
            continue
        left, arrow, right = line.partition("->")
        left = left.strip()
        if not arrow or len(left.split()) != 1:
            raise DocumentError(f"{document}: the {name} block has a line that is not `left -> right`: {line}")
        if left in rows:
            raise DocumentError(f"{document}: the {name} block has two lines for {left}")
        rows[left] = right.split()
    if not rows:
        raise DocumentError(f"{document}: the {name} block is empty")
    return rows


def plane_of(folder):
    top = folder.split("/")[0]
    return top if top in PLANES else None


def check_arrows(arrows, root):
    """The arrows themselves: known folders, no cycle, no arrow between the planes."""
    for folder, targets in arrows.items():
        if folder != "proto" and not (root / folder).is_dir():
            yield f"docs/ARCHITECTURE.md: there is no folder {folder}"
        for target in targets:
            if target not in arrows:
                yield f"docs/ARCHITECTURE.md: the arrow {folder} -> {target} points to a folder without a line"
            if plane_of(folder) and plane_of(target) and plane_of(folder) != plane_of(target):
                yield f"docs/ARCHITECTURE.md: the arrow {folder} -> {target} crosses from one plane to the other"
            if plane_of(target) and not plane_of(folder):
                yield f"docs/ARCHITECTURE.md: the arrow {folder} -> {target} points from what is shared into a plane"
    cycle = find_cycle(arrows)
    if cycle:
        yield "docs/ARCHITECTURE.md: the arrows have a cycle: " + " -> ".join(cycle)


def find_cycle(graph):
    """One cycle as a list that ends with its first element, or None."""
    done, path = set(), []

    def visit(node):
        if node in path:
            return path[path.index(node):] + [node]
        if node in done:
            return None
        path.append(node)
        for target in graph.get(node, ()):
            cycle = visit(target)
            if cycle:
                return cycle
        path.pop()
        done.add(node)
        return None

    for start in graph:
        cycle = visit(start)
        if cycle:
            return cycle
    return None


def folder_of(path):
    """The layer of a path relative to the root: `common/base`, `dataplane/edge`, or `dataplane` for its app."""
    parts = path.split("/")
    if parts[0] == "sluice":
        return "proto"
    if parts[0] in PLANES and len(parts) == 2:
        return parts[0]
    return "/".join(parts[:2]) if parts[0] in TOPS else None


def source_files(root):
    for top in TOPS:
        for path in sorted((root / top).rglob("*")):
            if path.suffix in (".h", ".cc") and path.is_file():
                yield path


def includes_of(path):
    """(line number, text, is quoted) of each #include."""
    for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
        match = INCLUDE.match(line)
        if match:
            yield number, match.group(1) or match.group(2), match.group(1) is not None


def door_of(include, doors):
    for pattern, folders in doors.items():
        if pattern.startswith("*"):
            if include.endswith(pattern[1:]):
                return pattern, folders
        elif include == pattern or (pattern.endswith("/") and include.startswith(pattern)):
            return pattern, folders
    return None


def check_includes(root, arrows, doors, used):
    """Every include against arrows and doors. Fills `used`: folder -> {folder it includes: where}."""
    for path in source_files(root):
        name = path.relative_to(root).as_posix()
        folder = folder_of(name)
        if folder not in arrows:
            yield f"{name}: its folder {folder} has no line in the arrows of docs/ARCHITECTURE.md"
            continue
        for number, include, quoted in includes_of(path):
            where = f"{name}:{number}"
            door = door_of(include, doors)
            if door and folder not in door[1]:
                yield f"{where}: includes {include}, whose door ({door[0]}) is only in: {', '.join(door[1])}"
            target = folder_of(include)
            if target is None:
                if quoted and (path.parent / include).exists():
                    yield f'{where}: includes "{include}"; includes start at the root of the repository'
                continue
            if target == folder:
                continue
            if plane_of(folder) and plane_of(target) and plane_of(folder) != plane_of(target):
                yield f"{where}: {folder} includes {include}; the two planes never include each other"
            elif target not in arrows[folder]:
                yield f"{where}: includes {include}, but docs/ARCHITECTURE.md has no arrow {folder} -> {target}"
            used.setdefault(folder, {}).setdefault(target, f"{where} ({include})")


def library_folders(arrows):
    """CMake target -> folder."""
    libraries = {}
    for folder in arrows:
        parts = folder.split("/")
        libraries["sluice_" + (parts[-1] if len(parts) == 2 or parts[0] == "proto" else parts[0] + "_app")] = folder
    return libraries


def links_of(root, arrows):
    """folder -> {folder it links: CMake file}, from every CMakeLists.txt below the tops."""
    libraries = library_folders(arrows)
    links, problems = {}, []
    for top in TOPS:
        for cmake in sorted((root / top).rglob("CMakeLists.txt")):
            name = cmake.relative_to(root).as_posix()
            text = re.sub(r"#[^\n]*", "", cmake.read_text(encoding="utf-8"))
            for _, arguments in CMAKE_CALL.findall(text):
                target, *rest = arguments.split()
                folder = libraries.get(target)
                if folder is None:
                    continue  # a program, which links its app
                for word in rest:
                    if not word.startswith("sluice_") or word == "sluice_flags":
                        continue
                    if word not in libraries:
                        problems.append(f"{name}: {target} links {word}, which is no folder of docs/ARCHITECTURE.md")
                    else:
                        links.setdefault(folder, {})[libraries[word]] = name
    return links, problems


def reachable(links, folder):
    seen, todo = set(), [folder]
    while todo:
        for target in links.get(todo.pop(), ()):
            if target not in seen:
                seen.add(target)
                todo.append(target)
    return seen


def check_links(root, arrows, used):
    links, problems = links_of(root, arrows)
    yield from problems
    for folder, targets in links.items():
        for target, cmake in targets.items():
            if target not in arrows[folder] and target != folder:
                yield f"{cmake}: links {target}, but docs/ARCHITECTURE.md has no arrow {folder} -> {target}"
    for folder, targets in used.items():
        linked = reachable(links, folder)
        for target, where in targets.items():
            if target not in linked and target in arrows[folder]:
                yield f"{where}: {folder} includes {target}, but its CMakeLists.txt does not link it"


def check_lengths(root):
    for top in TOPS + ("tests",):
        for path in sorted((root / top).rglob("*")):
            if path.suffix not in (".h", ".cc") or not path.is_file():
                continue
            lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
            if len(lines) > LINE_LIMIT and not any(LINE_LIMIT_REASON in line for line in lines[:HEAD_LINES]):
                name = path.relative_to(root).as_posix()
                yield (f"{name}: has {len(lines)} lines; split it, or say at its head "
                       f"\"{LINE_LIMIT_REASON} ...\"")


def check(root):
    document = root / "docs" / "ARCHITECTURE.md"
    try:
        text = document.read_text(encoding="utf-8")
    except OSError as error:
        raise DocumentError(f"docs/ARCHITECTURE.md: cannot be read: {error.strerror}") from error
    arrows = read_block(text, "arrows", "docs/ARCHITECTURE.md")
    doors = read_block(text, "doors", "docs/ARCHITECTURE.md")
    findings = list(check_arrows(arrows, root))
    for pattern, folders in doors.items():
        findings += [f"docs/ARCHITECTURE.md: the door {pattern} names {folder}, which has no arrows"
                     for folder in folders if folder not in arrows]
    used = {}
    findings += check_includes(root, arrows, doors, used)
    findings += check_links(root, arrows, used)
    findings += check_lengths(root)
    return findings


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parents[2],
                        help="the tree to check (default: the one this script stands in)")
    arguments = parser.parse_args()
    try:
        findings = check(arguments.root)
    except DocumentError as error:
        print(error, file=sys.stderr)
        return 2
    for finding in findings:
        print(finding, file=sys.stderr)
    if findings:
        print(f"{len(findings)} findings", file=sys.stderr)
        return 1
    print(f"{sum(1 for _ in source_files(arguments.root))} files keep the layers of docs/ARCHITECTURE.md")
    return 0


if __name__ == "__main__":
    sys.exit(main())
