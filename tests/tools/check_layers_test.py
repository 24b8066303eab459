#!/usr/bin/env python3
"""Feeds check_layers.py small trees, good and bad, and looks at what it says."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SCRIPT = Path(__file__).resolve().parent / "check_layers.py"

ARROWS = """
proto -> 
common/base ->
common/wire -> common/base proto
dataplane/http -> common/base
dataplane/edge -> common/base dataplane/http
dataplane -> dataplane/edge dataplane/http
controlplane/store -> common/base
controlplane -> controlplane/store
"""
DOORS = """
curl/ -> dataplane/edge
sqlite3.h -> controlplane/store
*.grpc.pb.h -> common/wire
"""
GOOD_TREE = {
    "common/base/clock.h": "#pragma once\n#include <string>\n",
    "common/base/CMakeLists.txt": "sluice_library(sluice_base DEPS absl::time)\n",
    "common/wire/channel.h": '#include "common/base/clock.h"\n#include "sluice/admin/v1/admin.grpc.pb.h"\n',
    "common/wire/CMakeLists.txt": "sluice_library(sluice_wire DEPS sluice_base sluice_proto)\n",
    "dataplane/http/head.h": '#include "common/base/clock.h"\n',
    "dataplane/http/CMakeLists.txt": "sluice_library(sluice_http DEPS sluice_base)\n",
    "dataplane/edge/listener.cc": '#include "dataplane/http/head.h"\n#include "common/base/clock.h"\n#include <curl/curl.h>\n',
    "dataplane/edge/CMakeLists.txt": "sluice_library(sluice_edge DEPS sluice_http)  # base through http\n",
    "dataplane/main.cc": '#include "dataplane/edge/listener.h"\n',
    "dataplane/CMakeLists.txt": "sluice_library(sluice_dataplane_app DEPS sluice_edge\n    sluice_http)\n"
                                "add_executable(p main.cc)\ntarget_link_libraries(p PRIVATE sluice_dataplane_app)\n",
    "controlplane/store/database.cc": "#include <sqlite3.h>\n",
    "controlplane/store/CMakeLists.txt": "sluice_library(sluice_store DEPS sluice_base)\n",
}


class CheckLayersTest(unittest.TestCase):

    def run_on(self, changes=None, arrows=ARROWS, doors=DOORS):
        """The exit code and the messages for the good tree with `changes` (path -> content)."""
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            document = f"# Architecture\n\n```arrows{arrows}```\n\n```doors{doors}```\n"
            for path, content in {"docs/ARCHITECTURE.md": document, **GOOD_TREE, **(changes or {})}.items():
                (root / path).parent.mkdir(parents=True, exist_ok=True)
                if content is not None:
                    (root / path).write_text(content, encoding="utf-8")
            result = subprocess.run([sys.executable, str(SCRIPT), "--root", folder], capture_output=True, text=True,
                                    check=False, timeout=60)
            return result.returncode, result.stdout + result.stderr

    def refused(self, *expected, code=1, **arguments):
        returned, output = self.run_on(**arguments)
        self.assertEqual(returned, code, output)
        for text in expected:
            self.assertIn(text, output)
        return output

    def test_good_tree_passes(self):
        returned, output = self.run_on()
        self.assertEqual(returned, 0, output)
        self.assertIn("6 files keep the layers", output)

    def test_include_without_arrow(self):
        output = self.refused("dataplane/http/head.h:2: includes dataplane/edge/listener.h",
                              "no arrow dataplane/http -> dataplane/edge",
                              changes={"dataplane/http/head.h": '#pragma once\n#include "dataplane/edge/listener.h"\n'})
        self.assertIn("1 findings", output)

    def test_include_with_odd_spacing_is_seen(self):
        self.refused("no arrow dataplane/http -> dataplane/edge",
                     changes={"dataplane/http/head.h": ' #  include   "dataplane/edge/listener.h"\n'})

    def test_shared_code_includes_a_plane(self):
        self.refused("no arrow common/base -> dataplane/http",
                     changes={"common/base/clock.h": '#include "dataplane/http/head.h"\n'})

    def test_one_plane_includes_the_other(self):
        self.refused("the two planes never include each other",
                     changes={"controlplane/store/database.cc": '#include "dataplane/http/head.h"\n'})
        self.refused("the two planes never include each other",
                     changes={"dataplane/main.cc": '#include "controlplane/store/database.h"\n'})

    def test_arrow_between_the_planes(self):
        self.refused("crosses from one plane to the other",
                     arrows=ARROWS.replace("controlplane -> controlplane/store", "controlplane -> dataplane/http"))

    def test_arrow_from_shared_into_a_plane(self):
        self.refused("from what is shared into a plane",
                     arrows=ARROWS.replace("common/base ->", "common/base -> dataplane/http"))

    def test_cycle_of_arrows(self):
        self.refused("the arrows have a cycle", "dataplane/http -> dataplane/edge",
                     arrows=ARROWS.replace("dataplane/http -> common/base", "dataplane/http -> dataplane/edge"))

    def test_third_party_include_outside_its_door(self):
        self.refused("dataplane/http/head.h:1: includes curl/curl.h", "only in: dataplane/edge",
                     changes={"dataplane/http/head.h": "#include <curl/curl.h>\n"})
        self.refused("includes sqlite3.h", changes={"dataplane/http/head.h": "#include <sqlite3.h>\n"})

    def test_generated_stubs_outside_their_door(self):
        self.refused("includes sluice/admin/v1/admin.grpc.pb.h, whose door (*.grpc.pb.h)",
                     changes={"dataplane/edge/listener.cc": '#include "sluice/admin/v1/admin.grpc.pb.h"\n'})

    def test_messages_need_an_arrow_to_proto(self):
        self.refused("no arrow dataplane/http -> proto",
                     changes={"dataplane/http/head.h": '#include "sluice/config/v1/config.pb.h"\n'})

    def test_include_that_does_not_start_at_the_root(self):
        self.refused("includes start at the root",
                     changes={"dataplane/http/head.cc": '#include "head.h"\n'})

    def test_folder_without_arrows(self):
        self.refused("its folder dataplane/cache has no line",
                     changes={"dataplane/cache/cache.h": "#pragma once\n"})

    def test_link_against_the_arrows(self):
        self.refused("dataplane/http/CMakeLists.txt: links dataplane/edge",
                     changes={"dataplane/http/CMakeLists.txt": "sluice_library(sluice_http DEPS sluice_base sluice_edge)\n"})

    def test_link_of_an_unknown_library(self):
        self.refused("links sluice_cache, which is no folder",
                     changes={"dataplane/http/CMakeLists.txt": "sluice_library(sluice_http DEPS sluice_base sluice_cache)\n"})

    def test_commented_link_does_not_count(self):
        returned, output = self.run_on(
            changes={"dataplane/http/CMakeLists.txt": "# sluice_library(sluice_http DEPS sluice_edge)\n"
                                                      "sluice_library(sluice_http DEPS sluice_base)\n"})
        self.assertEqual(returned, 0, output)

    def test_include_that_is_not_linked(self):
        self.refused("dataplane/http includes common/base, but its CMakeLists.txt does not link it",
                     changes={"dataplane/http/CMakeLists.txt": "sluice_library(sluice_http DEPS absl::time)\n"})

    def test_long_file_must_say_why(self):
        long_file = "// A table.\n" + "int x;\n" * 400
        self.refused("dataplane/http/head.h: has 401 lines", changes={"dataplane/http/head.h": long_file})
        returned, output = self.run_on(
            changes={"dataplane/http/head.h": "// Longer than 400 lines because it is a table.\n" + long_file})
        self.assertEqual(returned, 0, output)
        returned, output = self.run_on(changes={"dataplane/http/head.h": "int x;\n" * 400})
        self.assertEqual(returned, 0, output)

    def test_reason_far_below_the_head_does_not_count(self):
        self.refused("has 501 lines", changes={
            "dataplane/http/head.h": "int x;\n" * 500 + "// Longer than 400 lines because.\n"})

    def test_document_without_blocks(self):
        self.refused("needs one ```arrows block, has 0", code=2, changes={"docs/ARCHITECTURE.md": "# Nothing\n"})

    def test_broken_line_of_the_document(self):
        self.refused("not `left -> right`: dataplane/http common/base", code=2,
                     arrows=ARROWS + "dataplane/http common/base\n")

    def test_folder_that_is_gone(self):
        self.refused("there is no folder common/gone", arrows=ARROWS + "common/gone ->\n")


if __name__ == "__main__":
    unittest.main()
