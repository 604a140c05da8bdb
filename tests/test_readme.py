"""The README's example prints what the README says, and it has the two set-up commands that CI runs."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```python\n(.*?)```\s*```text\n(.*?)```", README, flags=re.DOTALL)


def test_there_are_exactly_two_set_up_commands():
    commands = [line for line in README.splitlines() if line.startswith("python3 -m venv")]
    assert [command.rsplit(" -m ", 1)[1] for command in commands] == ["stattools demo", "pytest"]


def test_every_code_block_shows_its_output():
    assert len(EXAMPLES) == README.count("```python") >= 1


@pytest.mark.parametrize("code, printed", EXAMPLES)
def test_the_example_prints_what_it_shows(code, printed):
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == printed.strip()
