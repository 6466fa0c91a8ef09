"""Jupyter's own conformance suite, jupyter_kernel_test, on the Cellwright kernel.

Run by kernel.test.ts, which names the kernel in JUPYTER_PATH. One line of JSON at the end says how it went.
"""

import json
import sys
import unittest

import jupyter_kernel_test


class CellwrightTests(jupyter_kernel_test.KernelTests):
    kernel_name = "cellwright"
    language_name = "typescript"
    file_extension = ".ts"

    code_hello_world = "console.log('hello, world')"
    code_stderr = "console.error('test')"
    completion_samples = [
        {"text": "consol", "matches": {"console"}},
        {"text": "const answer = 'x'; answer.toUpperC", "matches": {"toUpperCase"}},
    ]
    complete_code_samples = ["1", "const a: number = 5", "function f() { return 1 }"]
    incomplete_code_samples = ["function f() {", "[1, 2,", "`open"]
    invalid_code_samples = ["const = 5", "a b c"]
    code_page_something = "cell.page('a page')"
    code_generate_error = "throw new Error('on purpose')"
    code_execute_result = [
        {"code": "6 * 7", "result": "42"},
        {"code": "'text'", "result": "'text'"},
        {"code": "await Promise.resolve([1, 2])", "result": "[ 1, 2 ]"},
    ]
    code_display_data = [
        {"code": "display(html`<b>x</b>`)", "mime": "text/html"},
        {"code": "display(md`**x**`)", "mime": "text/markdown"},
        {"code": "display(svg`<svg></svg>`)", "mime": "image/svg+xml"},
    ]
    code_history_pattern = "6*7"
    supported_history_operations = ("tail", "range", "search")
    code_inspect_sample = "Math.max"
    code_clear_output = "clearOutput()"


if __name__ == "__main__":
    result = unittest.TextTestRunner(stream=sys.stderr, verbosity=2).run(
        unittest.defaultTestLoader.loadTestsFromTestCase(CellwrightTests)
    )
    skipped = [str(test) for test, _ in result.skipped]
    failed = [str(test) for test, _ in [*result.failures, *result.errors]]
    print(json.dumps({"run": result.testsRun, "skipped": skipped, "failed": failed}))
