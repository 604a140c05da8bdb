"""The wheel is pure Python, small, and holds the data, the type information and nothing that does not belong in it."""

import sys
import zipfile
from pathlib import Path

wheel = Path(sys.argv[1])
source = Path(__file__).resolve().parent.parent / "stattools"
names = zipfile.ZipFile(wheel).namelist()

assert wheel.name.endswith("-py3-none-any.whl"), f"{wheel.name} is not a pure Python wheel"
assert wheel.stat().st_size < 5e6, f"{wheel.name} has {wheel.stat().st_size} bytes"

wanted = {f"stattools/{path.relative_to(source).as_posix()}" for path in source.rglob("*") if path.is_file()}
wanted = {name for name in wanted if "__pycache__" not in name and not name.endswith((".pyc", ".nbi", ".nbc"))}
shipped = {name for name in names if not name.split("/")[0].endswith(".dist-info")}
assert shipped == wanted, f"missing {sorted(wanted - shipped)}, too many {sorted(shipped - wanted)}"
assert {"stattools/py.typed", "stattools/__init__.pyi"} <= shipped
assert any(name.startswith("stattools/datasets/files/") for name in shipped), "the wheel has no data files"
assert any(name.endswith("LICENSE") for name in names), "the wheel has no licence"
print(f"{wheel.name}: {wheel.stat().st_size / 1e6:.2f} MB, {len(shipped)} files")
